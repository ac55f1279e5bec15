internal import KioskModel
internal import Synchronization

/// How much the office does for kiosks at once. Beyond it answers `busy`, and a kiosk comes again later.
struct Admission: Sendable {
    /// Open connections: a poll of each of ten thousand kiosks, and room for their batches. The next wait in the kernel's
    /// backlog. The unit's `LimitNOFILE` must lie above it.
    static let connectionsMax = 16_384
    /// Requests that read, verify and write now.
    static let workMax = 128
    /// Requests that only wait for commands.
    static let pollsMax = 12_288
    /// Of both kinds for one kiosk: three lanes, a question, a poll, and some whose connection broke unnoticed.
    static let perKioskMax = 8

    enum Kind { case work, poll }

    private let counts = Counts()

    /// Runs `body` if there is room for it, else answers nil at once.
    func admit<Result: Sendable>(
        _ kiosk: KioskID, _ kind: Kind, _ body: () async throws -> Result
    ) async rethrows -> Result? {
        guard counts.enter(kiosk, kind) else { return nil }
        defer { counts.leave(kiosk, kind) }
        return try await body()
    }

    private final class Counts: Sendable {
        private struct State {
            var work = 0
            var polls = 0
            var kiosks: [KioskID: Int] = [:]
        }
        private let state = Mutex(State())

        func enter(_ kiosk: KioskID, _ kind: Kind) -> Bool {
            state.withLock { state in
                guard state.kiosks[kiosk, default: 0] < Admission.perKioskMax else { return false }
                switch kind {
                case .work:
                    guard state.work < Admission.workMax else { return false }
                    state.work += 1
                case .poll:
                    guard state.polls < Admission.pollsMax else { return false }
                    state.polls += 1
                }
                state.kiosks[kiosk, default: 0] += 1
                return true
            }
        }

        func leave(_ kiosk: KioskID, _ kind: Kind) {
            state.withLock { state in
                switch kind {
                case .work: state.work -= 1
                case .poll: state.polls -= 1
                }
                let left = state.kiosks[kiosk, default: 1] - 1
                state.kiosks[kiosk] = left > 0 ? left : nil
            }
        }
    }
}
