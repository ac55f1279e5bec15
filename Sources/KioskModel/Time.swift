/// A wall-clock reading: milliseconds since 1970-01-01 UTC, as the machine believes it. Never decides an order or
/// a balance (the clock may jump by years); the sequence in the journal does.
public struct WallTime: Hashable, Comparable, Sendable, Codable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// When an entry was written: the wall, and what cannot jump.
public struct Timestamp: Hashable, Sendable, Codable {
    public let wall: WallTime
    /// Nanoseconds since the machine booted.
    public let monotonicNs: Int64
    /// The kernel's boot id: monotonic readings compare only inside one boot.
    public let bootID: String

    public init(wall: WallTime, monotonicNs: Int64, bootID: String) {
        (self.wall, self.monotonicNs, self.bootID) = (wall, monotonicNs, bootID)
    }
}

/// The injected time. Production reads the machine; tests and the simulator turn the hands themselves.
public protocol Timekeeper: Sendable {
    var now: Timestamp { get }

    /// Waits at least that long. Throws `CancellationError` when the task is cancelled, and nothing else.
    func sleep(for duration: Duration) async throws
}
