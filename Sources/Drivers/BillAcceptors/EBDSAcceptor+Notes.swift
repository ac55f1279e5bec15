internal import DeviceKit
internal import KioskModel

/// A note's way through the unit: held, then stacked or given back.
///
/// Source: decapod-atm/ebds: *stacked*, *returned* and *rejected* are bits that stay until they are acknowledged, so only
/// their coming is an event.
extension EBDSAcceptor {
    func noteEscrowed(
        _ reply: EBDSReply, _ status: EBDSStatus, _ report: AcceptorReport
    ) async throws(Ending) {
        if let told = named(reply, status), told.value != connection.held?.value || told.isFirst {
            try await offer(told.value, report)
        } else if connection.held == nil {
            // Extended notes, and no word of this one: it may still come.
            let since = connection.unnamedSince ?? now
            connection.unnamedSince = since
            guard elapsed(since: since) >= Limits.unnamed else { return }
            try await offer(nil, report)
        }
        guard let held = connection.held, decision == nil else { return }
        if elapsed(since: held.since) >= Limits.decision { decision = .returnNote }
    }

    private func offer(_ value: Money?, _ report: AcceptorReport) async throws(Ending) {
        // Another note replaces the one before, of which nobody said what became.
        decision = nil
        connection.held = Held(value: value, since: now)
        connection.unnamedSince = nil
        if let value {
            try await tell(.escrowed(value), report)
        } else {
            decision = .returnNote
        }
    }

    /// What the unit says of the note; nil when it says nothing.
    private func named(_ reply: EBDSReply, _ status: EBDSStatus) -> (value: Money?, isFirst: Bool)?
    {
        let isFirst = connection.held == nil
        if has(.indexedNotes) { return (indexed(status), isFirst) }
        guard case .note(_, let note) = reply, !note.isBlank else { return nil }
        return (worth(note), isFirst)
    }

    /// What a described note is worth here; nil for one that neither the unit's own table nor the profile has.
    private func worth(_ note: EBDSNote) -> Money? {
        guard profile.currencyCodes.contains(note.currency), let value = note.value else {
            return nil
        }
        let known = connection.table.map { notesTaken(of: $0) } ?? profile.notes
        let isOpen = connection.table == nil && profile.notes.isEmpty
        return isOpen || known.contains { $0.value == value } ? value : nil
    }

    private func indexed(_ status: EBDSStatus) -> Money? {
        profile.notes.first { $0.code == status.index }?.value
    }

    /// What became of a note, each told once. The answer is acknowledged after that.
    func settle(
        _ reply: EBDSReply, _ status: EBDSStatus, _ report: AcceptorReport
    ) async throws(Ending) {
        if status.isStacked, !heard.stacked { try await noteStacked(reply, status, report) }
        if status.isReturned, !heard.returned { try await noteReturned(.returned, report) }
        if status.isRejected, !heard.rejected {
            // With nothing held before: a note that never came as far as escrow.
            let event = connection.held == nil ? AcceptorEvent.refused(.unrecognized) : .returned
            try await noteReturned(event, report)
        }
        hear(status)
        if isAtRest(status) { (connection.held, connection.unnamedSince) = (nil, nil) }
    }

    /// It tells of something that was not told before.
    func isNews(_ status: EBDSStatus) -> Bool {
        (status.isStacked && !heard.stacked) || (status.isReturned && !heard.returned)
            || (status.isRejected && !heard.rejected)
    }

    func hear(_ status: EBDSStatus) {
        heard = Heard(
            stacked: status.isStacked, returned: status.isReturned, rejected: status.isRejected)
    }

    /// The credit point.
    private func noteStacked(
        _ reply: EBDSReply, _ status: EBDSStatus, _ report: AcceptorReport
    ) async throws(Ending) {
        if let value = stackedValue(reply, status) {
            try await tell(.stacked(value), report)
        } else if !connection.cassetteWasOut {
            // Money of unknown worth is in the cassette: an alarm, and no further note until the unit is looked at.
            connection.wrong = "stacked a note and did not say what it is worth"
        }
        (connection.held, decision) = (nil, nil)
    }

    private func stackedValue(_ reply: EBDSReply, _ status: EBDSStatus) -> Money? {
        if case .note(_, let note) = reply, !note.isBlank { return worth(note) }
        if let held = connection.held, held.sentAt != nil { return held.value }
        return has(.indexedNotes) ? indexed(status) : nil
    }

    private func noteReturned(
        _ event: AcceptorEvent, _ report: AcceptorReport
    ) async throws(Ending) {
        let neverOffered = connection.held.map { $0.value == nil } ?? false
        try await tell(neverOffered ? .refused(.unrecognized) : event, report)
        (connection.held, decision) = (nil, nil)
    }
}
