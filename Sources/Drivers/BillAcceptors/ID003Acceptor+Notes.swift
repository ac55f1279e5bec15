internal import DeviceKit
internal import KioskModel

/// A note's way through the unit: held, then stacked or given back.
///
/// Source: behaviour of public hosts: escrow, STACK answered with ACK, stacking, VEND VALID until ACK, stacked, idling;
/// RETURN, returning, idling.
extension ID003Acceptor {
    func noteEscrowed(_ type: UInt8, _ report: AcceptorReport) async throws(Ending) {
        let isSame = held.map { $0.type == type && !$0.isOld && !$0.isLeaving } ?? false
        if !isSame {
            if held?.isLeaving == true { _ = try await noteEnded(report) }
            // Another note replaces the one before, of which nobody said what became.
            decision = nil
            let value = notesTaken.first { $0.code == type }?.value ?? expectedValue(type)
            held = Held(type: type, value: value, since: now, lastHold: now)
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
        guard let held, !held.isOld else { return }
        if decision == nil, elapsed(since: held.since) >= Limits.decision {
            decision = .returnNote
        }
        guard let decision else {
            guard elapsed(since: held.lastHold) >= Limits.hold else { return }
            self.held?.lastHold = now
            // Refused or lost: the unit gives the note back and says so.
            _ = try await exchange(.hold)
            return
        }
        if let sent = held.sentAt, elapsed(since: sent) < Limits.repetition { return }
        // From here on the note may be on its way: the decision stands. An unclear answer is cleared up by the next status.
        self.held?.sentAt = now
        if decision == .stack { self.held?.mayStack = true }
        let stack: ID003Command = has(.creditWhenFullyStacked) ? .stackFully : .stack
        switch try await exchange(decision == .stack ? stack : .returnNote) {
        case .acknowledged, .nothing, .data: break
        // Not taken: if the note is still held at the next poll, what is then asked for is sent.
        case .invalid, .garbled:
            self.held?.sentAt = nil
            self.held?.mayStack = held.mayStack
        }
    }

    /// VEND VALID, the credit point. The acknowledgement lets the unit forget the note, so the credit comes first; if it
    /// cannot be made durable, nothing is sent and the unit says it again, or is remembered to have said it.
    func noteValid(_ report: AcceptorReport) async throws(Ending) {
        if !isCredited {
            if let value = held?.value {
                held?.isDue = true
                try await tell(.stacked(value), report)
            } else {
                // A belated answer is not said twice.
                guard !connection.isNew else { return }
                // Money of unknown worth is in the stacker: an alarm. Who had offered it has it in the journal.
                connection.hasUnknownNote = true
            }
            (held, isCredited) = (nil, true)
        }
        try await tellConditions(.vendValid, report)
        do { try await wire.acknowledge() } catch { throw .lost(error) }
        // A unit that does not hear it stays like this until it starts anew.
        guard elapsed(since: connection.since) > Limits.acknowledged else { return }
        connection.since = now
        try await reset()
    }

    /// The unit was seen at the credit point and has gone on without our acknowledgement: the credit is still due.
    func creditDue(_ report: AcceptorReport) async throws(Ending) {
        guard let held, held.isDue, let value = held.value else { return }
        try await tell(.stacked(value), report)
        (self.held, isCredited) = (nil, true)
    }

    /// The unit is at rest or at the next note: the held one has ended. *Rejecting* or *returning* before it means that it
    /// was given back, and so does a note that nobody told the unit to stack. Of any other end without VEND VALID nothing is
    /// guessed; who waits for the note has a timer. False while that is not sure: a single status may be a belated answer.
    func noteEnded(_ report: AcceptorReport) async throws(Ending) -> Bool {
        guard let held else { return true }
        guard held.isLeaving || !connection.isNew else { return false }
        if held.isLeaving || !(held.mayStack || held.isUnclear) {
            try await tell(held.value == nil ? .refused(.unrecognized) : .returned, report)
        }
        (self.held, decision) = (nil, nil)
        return true
    }

    /// What a type is worth by the profile, when the unit could not be asked since we run.
    private func expectedValue(_ type: UInt8) -> Money? {
        table == nil ? profile.notes.first { $0.code == type }?.value : nil
    }

    var notesTaken: [BillAcceptorProfile.Note] { notesTaken(of: table) }
}
