internal import Glibc
internal import Synchronization

/// SIGTERM and SIGINT, as a flag that every loop looks at within 100 ms.
enum Stopping {
    private static let requested = Atomic<Bool>(false)

    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    static func watch() {
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in Stopping.requested.store(true, ordering: .relaxed) }
        }
        // A peer that went away is an error of one write, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
    }
}
