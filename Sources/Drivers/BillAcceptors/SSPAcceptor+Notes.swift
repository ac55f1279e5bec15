internal import DeviceKit
internal import KioskModel

/// A note's way through the unit: held, then stacked or given back.
///
/// Source: ITL GA138 2.2: after *read* with a channel any command but a plain POLL keeps the note, HOLD for its sake alone;
/// the next plain POLL stacks it, REJECT returns it. *Credit* is the credit point.
extension SSPAcceptor {
    func noteEntered(_ report: AcceptorReport) async throws(Ending) {
        // The one before has ended without a word of how; nothing is guessed.
        if held?.sentAt != nil { (held, decision) = (nil, nil) }
        guard !connection.isToldOfMotion else { return }
        connection.isToldOfMotion = true
        try await tell(.accepting, report)
    }

    func noteEscrowed(_ channel: UInt8, _ report: AcceptorReport) async throws(Ending) {
        connection.isToldOfMotion = false
        settled = nil
        // Said again of a note that is held, or on its way.
        guard held == nil || held?.channel != channel else { return }
        // Another note replaces the one before, of which nobody said what became.
        decision = nil
        let value = connection.wrong == nil ? worth(channel) : nil
        held = Held(channel: channel, value: value, since: now, lastHold: now)
        if let value {
            try await tell(.escrowed(value), report)
        } else {
            decision = .returnNote
        }
    }

    /// Does what was decided about the held note, or keeps it until somebody does.
    func keepNote(_ report: AcceptorReport) async throws(Ending) {
        guard let held else { return }
        if decision == nil, elapsed(since: held.since) >= Limits.decision {
            decision = .returnNote
        }
        switch decision {
        case nil:
            guard elapsed(since: held.lastHold) >= Limits.hold else { return }
            if try await isHeld() {
                self.held?.lastHold = now
            } else {
                // The unit gives it back by itself and says so at the next POLL.
                self.held?.sentAt = now
            }
        case .stack:
            // From here on the note is on its way: the decision stands.
            self.held?.sentAt = now
            try await poll(.poll, report)
        case .returnNote: try await giveBack(held)
        }
    }

    private func giveBack(_ held: Held) async throws(Ending) {
        switch try await exchange(.reject) {
        case .ok: self.held?.sentAt = now
        case .keyNotSet: try await keyIsLost()
        case .refused:
            // A POLL would stack it now.
            guard try await isHeld() else {
                self.held?.sentAt = now
                return
            }
            self.held?.refusals += 1
            guard held.refusals + 1 < Limits.attemptsMax else {
                throw broken(
                    "return note", expected: "OK",
                    got: "got a refusal \(Limits.attemptsMax) times")
            }
        }
    }

    private func isHeld() async throws(Ending) -> Bool {
        switch try await exchange(.hold) {
        case .ok: return true
        case .refused: return false
        case .keyNotSet:
            try await keyIsLost()
            return false
        }
    }

    /// The credit point. Nothing is sent before the credit is durable, because the next command lets the unit forget it.
    func noteCredited(_ channel: UInt8, _ report: AcceptorReport) async throws(Ending) {
        // Every note is read before it is stacked: without that, it is the one before said again.
        if settled != channel {
            if let value = worth(channel) {
                try await tell(.stacked(value), report)
            } else {
                // Money of unknown worth is in the cassette: an alarm, and no further note until the unit is looked at.
                connection.wrong = "stacked a note of channel \(channel), which is not in its table"
            }
            settled = channel
        }
        (held, decision) = (nil, nil)
        connection.isToldOfMotion = false
    }

    /// The held note is back with the customer. One that was never held is told of when its reason is known.
    func noteRejected(_ report: AcceptorReport) async throws(Ending) {
        connection.isToldOfMotion = false
        guard let held else { return }
        let neverOffered = held.channel != nil && held.value == nil
        try await tell(neverOffered ? .refused(.unrecognized) : .returned, report)
        (self.held, decision) = (nil, nil)
    }

    func tellRefusal(_ report: AcceptorReport) async throws(Ending) {
        var reason = RefusalReason.unknown
        if case .ok(let data) = try await exchange(.lastReject), let code = data.first {
            reason = SSPEvent.refusal(code)
        }
        try await tell(.refused(reason), report)
    }

    /// What a channel is worth: by the unit's table, or by the profile when the unit could not be asked since we run.
    private func worth(_ channel: UInt8) -> Money? {
        guard let table else { return profile.notes.first { $0.code == channel }?.value }
        return table.value(ofType: channel)
    }
}
