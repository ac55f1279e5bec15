internal import DeviceKit
internal import KioskModel

/// A note's way through the unit: held, then stacked or given back.
///
/// Source: CCNET Common Specifications 2.6.0, escrow: STACK and RETURN only there, HOLD for 10 s, results 81 and 82.
extension CCNETAcceptor {
    func noteEscrowed(_ type: UInt8, _ report: AcceptorReport) async throws(Ending) {
        if connection.held?.type != type || connection.held?.rejected == true {
            try await endRejected(report)
            // Another note replaces the one before, of which nobody said what became.
            decision = nil
            let value = notesTaken.first { $0.code == type }?.value ?? expectedValue(type)
            connection.held = Held(type: type, value: value, since: now, lastHold: now)
            if let value {
                try await tell(.escrowed(value), report)
            } else {
                decision = .returnNote
            }
        }
        try await keepNote()
    }

    /// Does what was decided about the held note, or keeps it until somebody does.
    func keepNote() async throws(Ending) {
        guard let held = connection.held else { return }
        if decision == nil, elapsed(since: held.since) >= Limits.decision {
            decision = .returnNote
        }
        guard let decision else {
            guard elapsed(since: held.lastHold) >= Limits.hold else { return }
            connection.held?.lastHold = now
            // Refused or lost: the unit gives the note back and says so.
            _ = try await exchange(.hold)
            return
        }
        if let sent = held.sentAt, elapsed(since: sent) < Limits.repetition { return }
        // From here on the note may be on its way: the decision stands. An unclear answer is cleared up by the next POLL.
        connection.held?.sentAt = now
        switch try await exchange(decision == .stack ? .stack : .returnNote) {
        case .acknowledged, .nothing, .data: break
        // Not taken: if the note is still held at the next POLL, what is then asked for is sent.
        case .notAcknowledged, .illegal: connection.held?.sentAt = nil
        }
    }

    /// The credit point. The acknowledgement lets the unit forget the note, so the credit comes first; if it cannot be made
    /// durable, nothing is sent and the unit says *stacked* again.
    func noteStacked(_ type: UInt8, _ report: AcceptorReport) async throws(Ending) {
        let status = CCNETStatus.stacked(type: type)
        if settledNote != status {
            if let value = table?.value(ofType: type) ?? expectedValue(type) {
                try await tell(.stacked(value), report)
            } else {
                // Money of unknown worth is in the cassette: an alarm, and no further note until the unit is looked at.
                connection.wrong = "stacked a note of type \(type), which is not in its note table"
            }
            settledNote = status
        }
        connection.held = nil
        try await tellConditions(status, report)
        try await acknowledge()
    }

    func noteReturned(_ type: UInt8, _ report: AcceptorReport) async throws(Ending) {
        let status = CCNETStatus.returned(type: type)
        if settledNote != status {
            let neverOffered = connection.held.map { $0.value == nil } ?? false
            try await tell(neverOffered ? .refused(.unrecognized) : .returned, report)
            settledNote = status
        }
        connection.held = nil
        try await tellConditions(status, report)
        try await acknowledge()
    }

    /// The unit is done with the held note. *Rejecting*, and then at rest or at the next note, means that it was given back:
    /// the protocol has no further word for it. Of any other end without *stacked* or *returned* nothing is guessed; who
    /// waits for the note has a timer.
    func endRejected(_ report: AcceptorReport) async throws(Ending) {
        guard let held = connection.held else { return }
        if held.rejected, held.value != nil { try await tell(.returned, report) }
        connection.held = nil
    }

    /// What a type is worth by the profile, when the unit could not be asked since we run.
    private func expectedValue(_ type: UInt8) -> Money? {
        table == nil ? profile.notes.first { $0.code == type }?.value : nil
    }
}
