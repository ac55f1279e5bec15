public import KioskModel
public import OfficeProtocol

/// A batch that waits for the next commit.
struct WaitingBatch {
    let ticket: Int
    let kiosk: KioskID
    let batch: Batch
    /// Monotonic.
    let arrivedNs: Int64
}

/// What becomes of one who waits: an answer, or the lead of the next commit.
enum IntakeTurn {
    case answered(Intake.Outcome)
    case lead
}

extension Office {
    /// Batches that may wait; more are told when to come. Fewer than the gateway works on at once, so that the office,
    /// which knows the lanes, refuses first.
    static let intakeMax = 96
    /// On a slow machine fewer wait: no more than are committed in that time, so that nobody gives up before the answer.
    static let intakeLongest: Duration = .seconds(10)
    static let intakeMin = 8
    /// Telemetry waits while so much is promised to others, all but one batch in `telemetryShare` (5 %).
    static let telemetryBacklogMax: Duration = .seconds(2)
    static let telemetryShare = 20
    /// Batches and events in one transaction. One fsync for all of them; questions wait until it is done.
    static let intakeGroupMax = 64
    static let intakeGroupEventsMax = 2_000
    /// Places of a transaction that money cannot take from the other lanes.
    static let intakeOthersMin = 4
    /// How long at most a lane that is empty now is asked to wait: what happens meanwhile comes in one batch.
    static let paceMax: Duration = .seconds(5)
    /// The least wait of one who was refused.
    static let refusedMin: Duration = .seconds(1)

    /// Commits a batch, then answers. Idempotent by (kiosk, epoch, lane, seq).
    ///
    /// Batches that arrive together share one transaction and its fsync; each is its own savepoint in it. When more arrive
    /// than can be committed, `.busy` says when to come again.
    public func take(_ batch: Batch, from kiosk: KioskID) async throws(Refusal) -> BatchAnswer {
        hear(kiosk)
        try batch.validate()
        guard trouble == nil else { throw Office.busy }
        guard hasRoom(for: batch.lane) else { throw turnAway(batch.lane) }
        intakeTickets += 1
        let ticket = intakeTickets
        intake.append(
            WaitingBatch(
                ticket: ticket, kiosk: kiosk, batch: batch,
                arrivedNs: timekeeper.now.monotonicNs))
        let outcome = await intakeHasLeader ? follow(ticket) : lead(ticket)
        switch outcome {
        case .refused(let refusal): throw refusal
        case .acked(let acked, _):
            return BatchAnswer(acked: acked, nextAfterMs: pace(after: batch).wholeMs)
        }
    }

    static let busy = Refusal(
        .busy, "take batch: expected a free office and a disk with room, got neither; send later.")

    // MARK: Pace

    /// For one that finds no room in front of the office: when to come. The moment is his from now on.
    public nonisolated func nextTurn() -> Duration {
        max(
            Office.refusedMin,
            pacing.book(nowNs: timekeeper.now.monotonicNs, random: random()))
    }

    private func hasRoom(for lane: Lane) -> Bool {
        let inTime = pacing.batches(in: Office.intakeLongest)
        let room = min(Office.intakeMax, max(Office.intakeMin, inTime))
        switch lane {
        case .money: return intake.count < room
        case .alarms: return intake.count < room * 3 / 4
        case .telemetry:
            guard intake.count < room / 2 else { return false }
            guard pacing.backlog(nowNs: timekeeper.now.monotonicNs) > Office.telemetryBacklogMax
            else { return true }
            telemetryArrivals += 1
            return telemetryArrivals % Office.telemetryShare == 0
        }
    }

    private func turnAway(_ lane: Lane) -> Refusal {
        let wait: Duration
        switch lane {
        case .money, .alarms: wait = nextTurn()
        case .telemetry:
            // It gets none of the moments that money waits for: it comes when those are over.
            let backlog = pacing.backlog(nowNs: timekeeper.now.monotonicNs)
            wait = max(Office.refusedMin, min(backlog * (1 + random()), Pacing.waitMax))
        }
        return Refusal(
            .busy,
            "take batch: expected room for the \(lane.rawValue) lane, got none; send again in "
                + "\(wait.wholeMs) ms.", retryAfterMs: wait.wholeMs)
    }

    /// A full batch is followed by another, which gets a moment of its own.
    private func pace(after batch: Batch) -> Duration {
        let now = timekeeper.now.monotonicNs
        guard batch.events.count >= Limits.batchEvents else {
            return min(Office.paceMax, pacing.backlog(nowNs: now))
        }
        return pacing.book(nowNs: now, random: random())
    }

    // MARK: Committing together

    private func follow(_ ticket: Int) async -> Intake.Outcome {
        switch await withCheckedContinuation({ intakeFollowers[ticket] = $0 }) {
        case .answered(let outcome): outcome
        case .lead: await lead(ticket)
        }
    }

    /// Lets those in that are already at the door, commits for all, and hands the lead on when its own batch is done.
    private func lead(_ ticket: Int) async -> Intake.Outcome {
        intakeHasLeader = true
        // A cancelled leader goes on: others wait for its commit.
        do { try await timekeeper.sleep(for: .zero) } catch {}
        var mine: Intake.Outcome?
        repeat {
            let group = takeGroup()
            for (waiting, outcome) in zip(group, commit(group)) {
                if waiting.ticket == ticket { mine = outcome }
                intakeFollowers.removeValue(forKey: waiting.ticket)?
                    .resume(returning: .answered(outcome))
            }
        } while mine == nil
        intakeHasLeader = !intake.isEmpty
        if let next = intake.first {
            guard let follower = intakeFollowers.removeValue(forKey: next.ticket) else {
                preconditionFailure("a batch waits for which nobody waits")
            }
            follower.resume(returning: .lead)
        }
        guard let mine else { preconditionFailure("the leader's own batch was not committed") }
        return mine
    }

    /// The next to be committed: some of the other lanes, then money, then what else fits; each in order of arrival.
    private func takeGroup() -> [WaitingBatch] {
        let others = intake.filter { $0.batch.lane != .money }
        let ranked =
            others.prefix(Office.intakeOthersMin) + intake.filter { $0.batch.lane == .money }
            + others.dropFirst(Office.intakeOthersMin)
        var (group, events) = ([WaitingBatch](), 0)
        for waiting in ranked {
            events += waiting.batch.events.count
            let fits = group.count < Office.intakeGroupMax && events <= Office.intakeGroupEventsMax
            guard fits || group.isEmpty else { break }
            group.append(waiting)
        }
        let taken = Set(group.map(\.ticket))
        intake.removeAll { taken.contains($0.ticket) }
        return group
    }

    /// One transaction. Returns only when it is on the disk, or undone.
    private func commit(_ group: [WaitingBatch]) -> [Intake.Outcome] {
        defer { learn(group) }
        let at = wallMs
        let outcomes: [Intake.Outcome]
        do {
            outcomes = try store.write { db in
                try group.map { waiting in
                    try Intake(db: db, kiosk: waiting.kiosk, batch: waiting.batch, at: at).take()
                }
            }
        } catch {
            report(error)
            return group.map { _ in .refused(Office.busy) }
        }
        let fresh = outcomes.contains {
            switch $0 {
            case .acked(_, let fresh): fresh > 0
            case .refused(let refusal): refusal.code == .changed
            }
        }
        if fresh {
            postingSign?.yield()
            change()
        }
        return outcomes
    }

    private func learn(_ group: [WaitingBatch]) {
        let now = timekeeper.now.monotonicNs
        let begun = max(intakeFreeNs, group.map(\.arrivedNs).min() ?? now)
        intakeFreeNs = now
        pacing.learn(batches: group.count, tookNs: max(0, now - begun))
    }
}
