internal import Glibc
public import KioskModel

/// The machine's own clocks: the only place of kioskd and kiosk-office where real time comes in.
public struct MachineTime: Timekeeper {
    private let bootID: String

    public init() {
        bootID = MachineTime.readBootID()
    }

    public var now: Timestamp {
        var wall = timespec()
        var boot = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        // Counts through suspend, unlike CLOCK_MONOTONIC: an outbox that slept a week is a week old.
        clock_gettime(CLOCK_BOOTTIME, &boot)
        return Timestamp(
            wall: WallTime(
                milliseconds: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000),
            monotonicNs: Int64(boot.tv_sec) * 1_000_000_000 + Int64(boot.tv_nsec), bootID: bootID)
    }

    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }

    /// The kernel's id of this boot. Where it cannot be read, every start counts as another boot: ages are then taken from
    /// the wall clock, never from two monotonic readings that do not belong together.
    /// Source: Linux Documentation/admin-guide/sysctl/kernel.rst, random.
    private static func readBootID() -> String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else {
            return "unknown-\(UInt64.random(in: 0...UInt64.max))"
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 36)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
