internal import DeviceKit
internal import KioskModel

/// Asking how the unit is, and what follows from its answer.
///
/// Source: `Portalum/Portalum.Id003` (MIT), DeviceEvents; what follows, from the behaviour of public hosts.
extension ID003Acceptor {
    /// One STATUS and all that its answer asks for.
    func turn(_ report: AcceptorReport) async throws(Ending) {
        guard case .data(let data) = try await exchange(.status) else { return try missed() }
        connection.missed = 0
        let status = ID003Status(data)
        remember(status)
        try await greet(status, report)
        try keepOrder(status)
        if status == .vendValid { return try await noteValid(report) }
        try await creditDue(report)
        try await tellConditions(status, report)
        try await follow(status, report)
    }

    private func follow(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        switch status {
        case .powerUp, .powerUpNoteInAcceptor, .powerUpNoteInStacker:
            try await powerUp(status, report)
        case .initializing: try await initializing()
        case .idling, .inhibited: try await rest(status, report)
        case .accepting:
            isCredited = false
            _ = try await noteEnded(report)
            if connection.isNew { try await tell(.accepting, report) }
        case .escrow(let type):
            isCredited = false
            try await noteEscrowed(type, report)
        case .holding: try await keepNote()
        case .rejecting(let reason):
            if held != nil {
                held?.isLeaving = true
            } else if connection.isNew {
                try await tell(.refused(ID003Status.refusal(reason)), report)
            }
        case .returning: held?.isLeaving = true
        case .stackerOpen:
            connection.forgetSetup()
            noteUnclear()
        case .jamInAcceptor, .jamInStacker, .failure:
            noteUnclear()
            try await recover()
        case .cheated: noteUnclear()
        case .stackerFull, .paused, .stacking, .stacked, .communicationError, .unknown,
            .vendValid:
            break
        }
    }

    private func noteUnclear() {
        held?.isLeaving = false
        held?.isUnclear = true
    }

    /// A poll without an answer. A unit that starts may be silent for as long as its profile allows.
    private func missed() throws(Ending) {
        if let until = connection.initializingUntil, now < until { return }
        connection.missed += 1
        let limit = profile.polling.missedMax
        guard connection.missed >= limit else { return }
        throw .lost(
            fault(
                "poll", expected: "a status within \(profile.polling.replyTimeout)",
                got: "got no answer \(limit) times",
                remedy: "Check the unit's power and cable, then run `kioskctl devices`."))
    }

    /// The first status of a connection, and each later start of the unit, is told before anything else.
    private func greet(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        if !connection.greeted, let stuckIn, stuckIn == status { throw stuck(status) }
        stuckIn = nil
        guard !connection.greeted || (status.isPowerUp && connection.isNew) else { return }
        // What answered the first VERSION may be another unit after a restart.
        if connection.greeted { connection.forgetUnit() }
        connection.reportedReady = nil
        try await tell(.connected(status.position), report)
        (connection.greeted, told.loss) = (true, nil)
        switch status {
        // The kiosk knows by these what became of the note, if its credit is not due.
        case .powerUp where held?.isDue != true, .powerUpNoteInAcceptor: held = nil
        default: break
        }
    }

    private func remember(_ status: ID003Status) {
        connection.isNew = status != connection.status
        if connection.isNew { connection.since = now }
        connection.status = status
    }

    /// A state that should have ended is a fault. A note that waits for a decision has a limit of its own.
    private func keepOrder(_ status: ID003Status) throws(Ending) {
        guard let limit = status.limit, elapsed(since: connection.since) > limit else { return }
        if let held, held.sentAt == nil, elapsed(since: held.since) < limit * 2 { return }
        stuckIn = status
        throw stuck(status)
    }

    private func stuck(_ status: ID003Status) -> Ending {
        .lost(
            Fault(
                .hardware, .maintenance, operation: status.name,
                expected: "an end within its limit", got: "got none",
                remedy: "Look for a note in the unit, then switch the unit off and on."))
    }

    func tellConditions(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        // Once, it is a poll that did not arrive whole.
        if status == .communicationError, connection.isNew { return }
        var conditions = status.conditions
        if let wrong = connection.wrong { conditions.insert(.wrongUnit(wrong)) }
        if status == .idling || status == .inhibited { connection.hasUnknownNote = false }
        if connection.hasUnknownNote {
            conditions.insert(.wrongUnit("stacked a note, and nobody knows its value"))
        }
        try await tell(conditions: conditions, report)
    }
}
