/// What a POLL does and tells.
///
/// Source: ITL GA138 2.2.2, POLL, POLL WITH ACK, and the events.
extension SSPSpeech {
    /// What happened, then how the unit is. The first POLL that finds a note in escrow tells its channel, the second one
    /// accepts it.
    ///
    /// Asked WITH ACK, an answer with a credit, a note cleared into the cashbox or a fraud stays as it is, and no further
    /// note is taken, until EVENT ACK. Source: GA138, POLL WITH ACK.
    mutating func poll(
        _ unit: inout ValidatorUnit, withAck: Bool, at nowNs: Int64
    ) -> [UInt8] {
        if let pinned {
            if !withAck { acknowledge(&unit, at: nowNs) }
            return pinned
        }
        if let unknown = unit.unknownStatus { return [Answer.ok, unknown] }
        if case .escrow = unit.path.state, isOffered {
            _ = unit.path.stack(at: nowNs)
            follow(&unit, at: nowNs)
        }
        let mustBeAcknowledged = withAck && events.needsAcknowledgement
        let told = [Answer.ok] + events.takeWaiting()
        if mustBeAcknowledged {
            pinned = told + status(unit, withAck: true)
            return pinned ?? told
        }
        acknowledge(&unit, at: nowNs)
        return told + status(unit, withAck: withAck)
    }

    /// The host knows what became of the note.
    mutating func acknowledge(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        pinned = nil
        guard case .stacked = unit.path.state else { return }
        unit.path.acknowledge(at: nowNs)
        follow(&unit, at: nowNs)
    }

    private mutating func status(_ unit: ValidatorUnit, withAck: Bool) -> [UInt8] {
        let path = unit.path
        switch path.state {
        case .accepting: return [SSPEvents.Code.read, 0]
        case .escrow:
            isOffered = true
            return [SSPEvents.Code.read, path.typeInPath &+ 1]
        case .stacking: return [SSPEvents.Code.stacking]
        case .returning, .rejecting: return [SSPEvents.Code.rejecting]
        case .jammedInValidator: return [SSPEvents.Code.unsafeJam, SSPEvents.Code.disabled]
        case .jammedInStacker: return [SSPEvents.Code.safeJam, SSPEvents.Code.disabled]
        // The protocol has no failure codes: the unit says what it says when it cannot work.
        case .failed:
            return (version >= 6 ? [SSPEvents.Code.pathOpen] : []) + [SSPEvents.Code.disabled]
        case .poweredUp, .initializing:
            return (withAck ? [SSPEvents.Code.initialising] : []) + [SSPEvents.Code.disabled]
        case .cassetteOut, .cassetteFull: return [SSPEvents.Code.disabled]
        case .resting:
            if !isEnabled || isOutOfService { return [SSPEvents.Code.disabled] }
            guard letIn == 0 else { return [] }
            return (version >= 7 ? [SSPEvents.Code.channelDisable] : [])
                + [SSPEvents.Code.disabled]
        // A second note at the slot has no event of its own.
        case .stacked, .returned, .paused, .cheated: return []
        }
    }
}
