internal import DeviceKit
internal import KioskModel

/// Asking how the unit is, and what follows from its answer.
///
/// Source: decapod-atm/ebds, omnibus command and reply.
extension EBDSAcceptor {
    /// One poll and all that its answer asks for.
    func turn(_ report: AcceptorReport) async throws(Ending) {
        let wish = wish()
        // From here on the note may be on its way: the decision stands.
        if wish.heldNote != .keep, connection.held?.sentAt == nil { connection.held?.sentAt = now }
        try await take(exchange(.poll(wish)), report)
    }

    /// What a poll says: what is let in, and what becomes of the held note.
    private func wish() -> EBDSWish {
        var wish = plainWish
        guard connection.status?.isEscrowed == true, connection.held != nil else { return wish }
        switch decision {
        case .stack: wish.heldNote = .stack
        case .returnNote: wish.heldNote = .giveBack
        case nil: break
        }
        return wish
    }

    var plainWish: EBDSWish {
        EBDSWish(denominations: denominations, extendedNotes: !has(.indexedNotes))
    }

    /// The answer to a poll. The bit turns when what it tells of a note is durable.
    func take(_ reply: EBDSReply, _ report: AcceptorReport) async throws(Ending) {
        guard let status = reply.status else { return try missed() }
        (connection.missed, connection.silentUntil) = (0, nil)
        remember(status)
        guard try await greet(status, report) else {
            hear(status)
            return accept()
        }
        if status.isContradictory {
            // Of what cannot be, nothing is believed.
            try await tellConditions(status, report)
            return accept()
        }
        try await settle(reply, status, report)
        try await tellConditions(status, report)
        accept()
        try keepOrder(status)
        try await follow(reply, status, report)
    }

    private func follow(
        _ reply: EBDSReply, _ status: EBDSStatus, _ report: AcceptorReport
    ) async throws(Ending) {
        let isNew = connection.isNew
        switch status.motion {
        case .poweringUp, .stacking, .returning: break
        case .accepting:
            connection.held = nil
            connection.cassetteWasOut = false
            if isNew { try await tell(.accepting, report) }
        case .escrowed: try await noteEscrowed(reply, status, report)
        case .none:
            if isAtRest(status) {
                try await rest(status, report)
            } else if status.isJammed || status.isFailed {
                try await recover()
            }
        }
    }

    /// A unit that takes nothing may clear every bit of its state: that is rest as well, if nothing is wrong with it.
    func isAtRest(_ status: EBDSStatus) -> Bool {
        status.isAtRest || (denominations == 0 && status.isOutOfService && !hasTrouble(status))
    }

    private func hasTrouble(_ status: EBDSStatus) -> Bool {
        status.isJammed || status.isFailed || status.isFull || !status.hasCassette
    }

    /// A poll without an answer. A unit that was reset may be silent for as long as its profile allows.
    private func missed() throws(Ending) {
        if let until = connection.silentUntil, now < until { return }
        connection.missed += 1
        let limit = profile.polling.missedMax
        guard connection.missed >= limit else { return }
        throw .lost(
            fault(
                "poll", expected: "a status within \(profile.polling.replyTimeout)",
                got: "got no answer \(limit) times",
                remedy: "Check the unit's power and cable, then run `kioskctl devices`."))
    }

    private func remember(_ status: EBDSStatus) {
        connection.isNew = status.motion != connection.status?.motion
        if connection.isNew { connection.since = now }
        connection.status = status
        if !status.hasCassette { connection.cassetteWasOut = true }
        // Repaired, a unit may start anew without a word of it.
        if hasTrouble(status) { (connection.ready, connection.enabled) = (false, nil) }
        if status.isStacking {
            connection.movedToCassette = true
        } else if status.isIdling || status.hasNote {
            connection.movedToCassette = false
        }
    }

    /// The first status of a connection, and each later start of the unit, is told before anything else. A unit that
    /// starts says where it had a note only when it is through: false until then.
    private func greet(_ status: EBDSStatus, _ report: AcceptorReport) async throws(Ending) -> Bool
    {
        if !connection.greeted, let stuckIn, stuckIn == status.motion, !isNews(status) {
            // Acknowledged all the same, or the unit would say it for ever.
            accept()
            throw .lost(stuck(status.motion))
        }
        stuckIn = nil
        if status.isPoweringUp, !isStarting {
            (isStarting, denominations, decision) = (true, 0, nil)
            connection.forgetUnit()
        }
        guard isStarting else {
            if !connection.greeted { try await say(.running, report) }
            return true
        }
        guard let position = position(status) else {
            guard elapsed(since: connection.since) > profile.polling.initializeTimeout else {
                return false
            }
            stuckIn = status.motion
            hear(status)
            accept()
            throw .lost(stuck(status.motion))
        }
        try await say(position, report)
        isStarting = false
        // That is what was just said.
        if position == .inPath { heard.returned = true }
        return true
    }

    private func say(_ position: NotePosition, _ report: AcceptorReport) async throws(Ending) {
        try await tell(.connected(position), report)
        (connection.greeted, told.loss) = (true, nil)
    }

    /// Where a starting unit had a note; nil while that is open. Past escrow it stacks the note and reports it (policy B).
    private func position(_ status: EBDSStatus) -> NotePosition? {
        if status.isContradictory { return nil }
        if status.isStacked, !heard.stacked { return .inStacker }
        if status.isReturned, !heard.returned { return .inPath }
        if status.isPoweringUp { return nil }
        if status.isEscrowed { return .running }
        if status.hasNote { return nil }
        if status.isOutOfService, !hasTrouble(status),
            elapsed(since: connection.since) < Limits.settling
        {
            return nil
        }
        return .clearAfterPowerUp
    }

    /// A state that should have ended is a fault. A note that waits for a decision has a limit of its own.
    private func keepOrder(_ status: EBDSStatus) throws(Ending) {
        guard let limit = status.motion.limit else { return }
        let since = connection.held?.sentAt.map { max($0, connection.since) } ?? connection.since
        guard elapsed(since: since) > limit else { return }
        stuckIn = status.motion
        throw .lost(stuck(status.motion))
    }

    private func stuck(_ motion: EBDSStatus.Motion) -> Fault {
        Fault(
            .hardware, .maintenance, operation: motion.rawValue,
            expected: "an end within its limit",
            got: "got none",
            remedy: "Look for a note in the unit, then switch the unit off and on.")
    }

    func tellConditions(_ status: EBDSStatus, _ report: AcceptorReport) async throws(Ending) {
        var conditions = status.conditions(
            afterStacking: connection.movedToCassette, nearlyFull: has(.cheatedMeansNearlyFull))
        if isAtRest(status) { conditions.remove(.failure(0)) }
        if let wrong = connection.wrong { conditions.insert(.wrongUnit(wrong)) }
        try await tell(conditions: conditions, report)
    }
}
