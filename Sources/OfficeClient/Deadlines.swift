internal import OfficeProtocol

/// How long each call to the office may take, from the first packet to the last byte of the answer.
public struct Deadlines: Sendable, Hashable {
    /// Name look-up, TCP and TLS together.
    public var connect: Duration = .seconds(10)
    /// A full batch over a mobile link of 64 kbit/s takes about 33 s less compression; a lost one is sent again.
    public var batch: Duration = .seconds(45)
    /// A customer stands before the screen; the kiosk goes on without the answer.
    public var question: Duration = .seconds(8)
    /// Longer than `Limits.longPoll`, else a quiet office looks like a dead one.
    public var commands: Duration = Limits.longPoll + .seconds(15)

    public init() {}
}
