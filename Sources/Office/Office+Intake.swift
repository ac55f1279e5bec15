public import KioskModel
public import OfficeProtocol

/// A batch that waits for the next commit.
struct WaitingBatch {
    let ticket: Int
    let kiosk: KioskID
    let batch: Batch
}

extension Office {
    /// Batches that may wait for one commit; more are told to come back.
    static let intakeMax = 256
    /// Batches in one transaction. One fsync for all of them.
    static let intakeGroupMax = 64
    /// How much slower each further batch of a group makes the kiosks, and the slowest pace.
    static let paceStepMs = 20
    static let paceMaxMs = 5_000

    /// Commits a batch, then answers. Idempotent by (kiosk, epoch, lane, seq).
    ///
    /// Batches that arrive together share one transaction and its fsync; each is its own savepoint in it.
    public func take(_ batch: Batch, from kiosk: KioskID) async throws(Refusal) -> BatchAnswer {
        hear(kiosk)
        try batch.validate()
        guard trouble == nil, intake.count < Office.intakeMax else { throw Office.busy }
        intakeTickets += 1
        let ticket = intakeTickets
        intake.append(WaitingBatch(ticket: ticket, kiosk: kiosk, batch: batch))
        let outcome = await intakeHasLeader ? follow(ticket) : lead(ticket)
        switch outcome {
        case .refused(let refusal): throw refusal
        case .acked(let acked, _):
            return BatchAnswer(acked: acked, nextAfterMs: paceMs)
        }
    }

    static let busy = Refusal(
        .busy, "take batch: expected a free office and a disk with room, got neither; send later.")

    private var paceMs: Int { min(Office.paceMaxMs, intake.count * Office.paceStepMs) }

    private func follow(_ ticket: Int) async -> Intake.Outcome {
        await withCheckedContinuation { intakeFollowers[ticket] = $0 }
    }

    /// The first to come lets those that are already at the door in, then commits for all.
    private func lead(_ ticket: Int) async -> Intake.Outcome {
        intakeHasLeader = true
        // A cancelled leader goes on: others wait for its commit.
        do { try await timekeeper.sleep(for: .zero) } catch {}
        var mine: Intake.Outcome?
        while !intake.isEmpty {
            let group = Array(intake.prefix(Office.intakeGroupMax))
            intake.removeFirst(group.count)
            for (waiting, outcome) in zip(group, commit(group)) {
                if waiting.ticket == ticket { mine = outcome }
                intakeFollowers.removeValue(forKey: waiting.ticket)?.resume(returning: outcome)
            }
        }
        intakeHasLeader = false
        guard let mine else { preconditionFailure("the leader's own batch was not committed") }
        return mine
    }

    /// One transaction. Returns only when it is on the disk, or undone.
    private func commit(_ group: [WaitingBatch]) -> [Intake.Outcome] {
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
}
