internal import Synchronization

/// Gives kiosks the moments at which they may come, so that together they come no faster than the office commits.
///
/// How long a batch takes is learnt from the last ones, with everything else that the office did meanwhile. Each kiosk that
/// has to come again is given the next moment that nobody has. Needs no turn of the office's own, so that a kiosk can be
/// refused while the office is in the middle of a commit.
final class Pacing: Sendable {
    /// The part of the office's time that is given away. The rest is for kiosks that come unasked and for questions.
    static let share = 0.7
    /// The farthest moment that is given. Whoever would come later is spread over the second half of it and told again.
    static let waitMax: Duration = .seconds(300)
    /// What a batch is taken to need before the first was committed, and between which bounds what it did need is believed:
    /// a disk that hangs once must not send a town away for minutes.
    static let batchFirst: Duration = .milliseconds(10)
    static let batchMin: Duration = .microseconds(100)
    static let batchMax: Duration = .milliseconds(500)
    /// The weight of one batch among those before it: a group of thirty teaches nearly everything at once.
    private static let weight = 0.05

    private struct State {
        var batchNs = Double(Pacing.batchFirst.wholeNs)
        /// The first moment that nobody has been given. Monotonic nanoseconds.
        var bookedNs: Int64 = 0
    }
    private let state = Mutex(State())

    /// Learns what a group of batches took, from the moment when the office could begin with it.
    func learn(batches: Int, tookNs: Int64) {
        precondition(batches > 0, "a group holds at least one batch")
        let each = Double(tookNs) / Double(batches)
        let believed = min(
            max(each, Double(Pacing.batchMin.wholeNs)), Double(Pacing.batchMax.wholeNs))
        let weight = min(1, Pacing.weight * Double(batches))
        state.withLock { $0.batchNs += weight * (believed - $0.batchNs) }
    }

    /// The wait until the next free moment, which is the caller's from now on. Zero: at once.
    ///
    /// - Parameter random: 0 to 1, spreads those who would come after `waitMax`.
    func book(nowNs: Int64, random: Double) -> Duration {
        let limit = Pacing.waitMax.wholeNs
        let waitNs = state.withLock { state in
            let wait = max(0, state.bookedNs - nowNs)
            guard wait <= limit else { return limit / 2 + Int64(Double(limit / 2) * random) }
            state.bookedNs = nowNs + wait + Int64(state.batchNs / Pacing.share)
            return wait
        }
        return .nanoseconds(waitNs)
    }

    /// How many batches the office commits in that time.
    func batches(in time: Duration) -> Int {
        Int(Double(time.wholeNs) / state.withLock { $0.batchNs })
    }

    /// How long all moments are given away.
    func backlog(nowNs: Int64) -> Duration {
        .nanoseconds(state.withLock { max(0, $0.bookedNs - nowNs) })
    }
}
