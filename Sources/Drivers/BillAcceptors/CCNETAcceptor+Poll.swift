internal import DeviceKit
internal import KioskModel

/// Asking how the unit is, and what follows from its answer.
///
/// Source: CCNET Common Specifications 2.6.0, POLL and its responses; every data answer is acknowledged.
extension CCNETAcceptor {
    /// One POLL and all that its answer asks for.
    func turn(_ report: AcceptorReport) async throws(Ending) {
        guard case .data(let data) = try await exchange(.poll) else { return try missed() }
        connection.missed = 0
        let status = CCNETStatus(data)
        remember(status)
        try await greet(status, report)
        try keepOrder(status)
        switch status {
        case .stacked(let type): try await noteStacked(type, report)
        case .returned(let type): try await noteReturned(type, report)
        case .unknown:
            // What is not understood is not acknowledged, so that the unit says it again: it may be the end of a note.
            try await tellConditions(status, report)
        default:
            try await acknowledge()
            settledNote = nil
            try await tellConditions(status, report)
            try await follow(status, report)
        }
    }

    private func follow(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        let isNew = connection.isNew
        switch status {
        case .powerUp, .powerUpNoteInValidator, .powerUpNoteInStacker:
            try await powerUp(status, report)
        case .initializing: try initializing()
        case .idling, .disabled: try await rest(status, report)
        case .accepting:
            try await endRejected(report)
            if isNew { try await tell(.accepting, report) }
        case .escrow(let type): try await noteEscrowed(type, report)
        case .holding: try await keepNote()
        case .rejecting(let reason):
            connection.held?.rejected = true
            if isNew { try await tell(.refused(CCNETStatus.refusal(reason)), report) }
        case .busy(let duration):
            if duration > profile.polling.interval {
                try await wait(min(duration, .seconds(10)) - profile.polling.interval)
            }
        case .cassetteOut: connection.forgetSetup()
        case .jamInValidator, .jamInCassette, .failure:
            connection.held?.rejected = false
            try await recover()
        case .cheated: connection.held?.rejected = false
        case .cassetteFull, .paused, .stacking, .returning, .unknown, .stacked, .returned: break
        }
    }

    /// A POLL without an answer. A unit that starts may be silent for as long as its profile allows.
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
    private func greet(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        if !connection.greeted, let stuckIn, stuckIn == status { throw .lost(stuck(status)) }
        stuckIn = nil
        guard !connection.greeted || (status.isPowerUp && connection.isNew) else { return }
        // What answered the first IDENTIFICATION may be another unit after a restart.
        if connection.greeted { connection.forgetUnit() }
        connection.reportedReady = nil
        try await tell(.connected(status.position), report)
        (connection.greeted, told.loss) = (true, nil)
    }

    private func remember(_ status: CCNETStatus) {
        connection.isNew = status != connection.status
        // A unit that stays busy counts down.
        if case (.busy, .busy) = (status, connection.status) { return }
        if connection.isNew { connection.since = now }
        connection.status = status
    }

    /// A state that should have ended is a fault. A note that waits for a decision has a limit of its own.
    private func keepOrder(_ status: CCNETStatus) throws(Ending) {
        guard let limit = status.limit, elapsed(since: connection.since) > limit else { return }
        if let held = connection.held, held.sentAt == nil, elapsed(since: held.since) < limit * 2 {
            return
        }
        stuckIn = status
        throw .lost(stuck(status))
    }

    private func stuck(_ status: CCNETStatus) -> Fault {
        Fault(
            .hardware, .maintenance, operation: status.name, expected: "an end within its limit",
            got: "got none",
            remedy: "Look for a note in the unit, then switch the unit off and on.")
    }

    func tellConditions(_ status: CCNETStatus, _ report: AcceptorReport)
        async throws(Ending)
    {
        var conditions = status.conditions
        if let wrong = connection.wrong { conditions.insert(.wrongUnit(wrong)) }
        try await tell(conditions: conditions, report)
    }
}
