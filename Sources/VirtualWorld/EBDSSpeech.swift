internal import KioskModel

/// EBDS as an acceptor of the Cashflow SC class speaks it: one command that carries every setting, one answer that carries
/// every state, and the toggle bit by which both know what the other has heard.
///
/// Source: `decapod-atm/ebds` (MIT), `src/omnibus`, `src/status.rs`, `src/set_escrow_timeout`, `src/soft_reset.rs`.
struct EBDSSpeech: ValidatorSpeech {
    /// The last answer: repeated byte for byte until the host's toggle bit says that it was heard.
    private struct Given: Sendable, Hashable {
        let toggle: UInt8
        let words: ValidatorWords
        let state: NotePath.State
        /// It told of a note's end.
        let isEvent: Bool
    }

    /// What the host has set; all of it is lost with the power.
    struct Settings: Sendable, Hashable {
        var policy = PowerUpPolicy.a
        var reportsNotes = false
        /// By type, bit 0 first; used when notes are reported. Every note until the host says otherwise.
        var inhibits: UInt32 = (1 << UInt32(NoteTypes.values.count)) - 1
    }

    /// What becomes of a note that lies in the unit when it gets power.
    /// Source: `decapod-atm/ebds`, `src/omnibus/command.rs`, PowerUp.
    enum PowerUpPolicy: UInt8, Sendable {
        /// In front of the escrow position: given back. Behind it: stacked, its value is not told.
        case a = 0
        /// In front: held, out of order. Behind: stacked, its value is told.
        case b
        /// In front: held, out of order. Behind: stacked, its value is not told.
        case c
    }

    private var line = EBDSLine()
    private var given: Given?
    private(set) var settings = Settings()
    /// No message since it got power.
    private var isFresh = true
    /// It does what the power-up policy says.
    private var isPoweringUp = false
    private var wasWithoutCassette = false
    /// The last message made no sense.
    private var isInvalid = false

    /// A unit that was told no timeout keeps a note for as long as it has power.
    /// Source: `decapod-atm/ebds`, `src/set_escrow_timeout/reply.rs`: both timeouts are disabled by default.
    private static let forever: Duration = .seconds(10 * 365 * 86_400)

    mutating func hear(_ bytes: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64)
        -> [ValidatorWords]
    {
        var words: [ValidatorWords] = []
        let patience = unit.path.timing.interByteMax
        for message in line.take(bytes, at: nowNs, interByteMax: patience) {
            if isFresh { unit.path.escrowLimit = EBDSSpeech.forever }
            isFresh = false
            if let given, given.toggle == message.toggle {
                words.append(given.words)
                continue
            }
            acknowledge(&unit, at: nowNs)
            guard let answer = answer(message, &unit, at: nowNs) else { return words }
            words.append(answer)
        }
        return words
    }

    mutating func forget() { self = EBDSSpeech() }

    /// The toggle bit changed: the host has heard the last answer.
    private mutating func acknowledge(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        guard let given, given.isEvent, given.state == unit.path.state,
            !unit.troubles.losesAcknowledgement(of: given.words.status)
        else { return }
        unit.path.acknowledge(at: nowNs)
        isPoweringUp = false
    }

    // MARK: What the host says

    /// Nil: the message has no answer.
    private mutating func answer(
        _ message: EBDSLine.Message, _ unit: inout ValidatorUnit, at nowNs: Int64
    ) -> ValidatorWords? {
        isInvalid = false
        var answer: (type: UInt8, data: [UInt8])?
        var event = false
        switch (message.type, message.data.count) {
        case (EBDSLine.omnibus, 3): obey(message.data, &unit, at: nowNs)
        case (EBDSLine.extended, 4...):
            obey(Array(message.data[1...3]), &unit, at: nowNs)
            answer = extended(message.data[0], Array(message.data[4...]), &unit)
        case (EBDSLine.auxiliary, 3) where message.data == [0x7F, 0x7F, 0x7F]:
            unit.path.restart(at: nowNs)
            forget()
            return nil
        case (EBDSLine.auxiliary, 3):
            answer = (EBDSLine.auxiliary, EBDSIdentity.answer(to: message.data[2], of: unit))
        default: isInvalid = true
        }
        if answer == nil {
            answer = status(unit)
            event = unit.unknownStatus == nil
        }
        guard let answer else { return nil }
        let words = ValidatorWords(
            frame: EBDSLine.frame(type: answer.type, toggle: message.toggle, answer.data),
            status: name(answer.type, answer.data))
        given = Given(
            toggle: message.toggle, words: words, state: unit.path.state,
            isEvent: event && isNoteEnd(unit.path.state))
        isInvalid = false
        return words
    }

    /// A state answers by its first byte, also when a note is reported with it; the others by their type: 60 and 70.
    private func name(_ type: UInt8, _ data: [UInt8]) -> UInt8 {
        let isNote = type == EBDSLine.extended && data[0] == 0x02 && data[7] == 0
        if isNote { return data[1] }
        return type == EBDSLine.omnibusReply ? data[0] : type << 4
    }

    private func isNoteEnd(_ state: NotePath.State) -> Bool {
        switch state {
        case .stacked, .returned: true
        default: false
        }
    }

    /// Three bytes that come with every command but the auxiliary ones.
    /// Source: `decapod-atm/ebds`, `src/omnibus/command.rs`: denominations, operational mode, configuration.
    private mutating func obey(_ data: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64) {
        settings.policy = PowerUpPolicy(rawValue: data[2] >> 2 & 3) ?? .a
        settings.reportsNotes = data[2] & 0x10 != 0
        if unit.path.state == .poweredUp {
            isPoweringUp = true
            unit.path.holdsAtPowerUp = settings.policy != .a
            unit.path.initialize(at: nowNs)
        }
        // While notes are reported, the denominations only say whether any is taken.
        let denominations = data[0] & 0x7F
        let allowed = settings.reportsNotes ? settings.inhibits : UInt32(denominations)
        unit.path.enabled = denominations == 0 ? 0 : allowed
        unit.path.escrowed = data[1] & 0x10 != 0 ? .max : 0
        switch (data[1] & 0x20 != 0, data[1] & 0x40 != 0) {
        case (true, true): isInvalid = true
        // Outside the escrow position both mean nothing.
        case (true, false): _ = unit.path.stack(at: nowNs)
        case (false, true): _ = unit.path.giveBack(at: nowNs)
        case (false, false): break
        }
    }

    /// Nil: the status is the answer.
    private mutating func extended(
        _ subtype: UInt8, _ data: [UInt8], _ unit: inout ValidatorUnit
    ) -> (UInt8, [UInt8])? {
        func reply(_ data: [UInt8]) -> (UInt8, [UInt8]) {
            (EBDSLine.extended, [subtype] + state(unit) + data)
        }
        let currency = unit.wrongCurrency ? "USD" : "CNY"
        switch (subtype, data.count) {
        case (0x02, 1): return reply(EBDSNotes.report(index: data[0], currency: currency))
        case (0x03, 8), (0x03, 19):
            settings.inhibits = EBDSNotes.mask(data)
            if unit.path.enabled != 0 { unit.path.enabled = settings.inhibits }
            return nil
        case (0x04, 2):
            let seconds = Int64(data[0] & 0x7F)
            unit.path.escrowLimit = seconds == 0 ? EBDSSpeech.forever : .seconds(seconds)
            return reply([])
        case (0x06, 0): return reply(EBDSNotes.valueTable(currency: currency))
        // It does not see the note being taken away.
        case (0x0B, 1): return reply([0x00])
        default:
            // Source: MEI acceptors answer an extended command that they do not know with their checksum (type 6).
            return (EBDSLine.auxiliary, EBDSIdentity.checksum)
        }
    }

    // MARK: What the unit says

    /// The state, and the note with it when the host wants notes reported.
    private mutating func status(_ unit: ValidatorUnit) -> (UInt8, [UInt8]) {
        let state = state(unit)
        defer { remember(unit.path.state) }
        if settings.reportsNotes, unit.unknownStatus == nil,
            let note = note(unit)
        {
            return (EBDSLine.extended, [0x02] + state + note)
        }
        return (EBDSLine.omnibusReply, state)
    }

    private mutating func remember(_ state: NotePath.State) {
        wasWithoutCassette = state == .cassetteOut
        switch state {
        case .poweredUp, .initializing, .stacked: break
        default: isPoweringUp = false
        }
    }

    /// Source: `decapod-atm/ebds`, `src/extended_note_specification/reply.rs`: sent when a note has reached the escrow
    /// position or was stacked; the index is then 0. Units send a blank one when a cassette was put in.
    private func note(_ unit: ValidatorUnit) -> [UInt8]? {
        switch unit.path.state {
        case .escrow: break
        case .stacked where isUntold: return EBDSNotes.blank
        case .stacked: break
        case .cassetteOut: return nil
        default: return wasWithoutCassette ? EBDSNotes.blank : nil
        }
        return EBDSNotes.report(
            type: unit.path.typeInPath, currency: unit.wrongCurrency ? "USD" : "CNY")
    }

    /// A note stacked at power-up under a policy that does not tell its value.
    private var isUntold: Bool { isPoweringUp && settings.policy != .b }

    /// Data bytes 0 to 5. Source: `decapod-atm/ebds`, `src/status.rs`.
    private func state(_ unit: ValidatorUnit) -> [UInt8] {
        let path = unit.path
        var (motion, status, exception, other) = motion(path)
        if path.truth.cassettePresent { status |= 0x10 }
        if isInvalid { exception |= 0x02 }
        if !settings.reportsNotes {
            switch path.state {
            case .escrow: exception |= index(path.typeInPath) << 3
            case .stacked where !isUntold: exception |= index(path.typeInPath) << 3
            default: break
            }
        }
        // Device capabilities can be asked for.
        other |= 0x10
        // T is the SC class.
        return [
            unit.unknownStatus.map { $0 & 0x7F } ?? motion, status, exception, other, 0x54, 0x1E,
        ]
    }

    /// 1 to 7; a type beyond them is the last.
    private func index(_ type: UInt8) -> UInt8 { min(type + 1, 7) }

    /// Motion, and the bits of bytes 1 to 3 that belong to it.
    private func motion(_ path: NotePath) -> (UInt8, UInt8, UInt8, UInt8) {
        switch path.state {
        case .poweredUp, .initializing:
            return (path.truth.place == .stacker ? 0x08 : 0, 0, isPoweringUp ? 0x01 : 0, 0)
        case .resting: return (0x01, 0, 0, 0)
        case .accepting: return (0x02, 0, 0, 0)
        case .escrow: return (0x04, 0, 0, 0)
        case .stacking: return (0x08, 0, 0, 0)
        case .stacked: return (0x11, 0, 0, 0)
        case .returning: return (0x20, 0, 0, 0)
        case .returned: return (0x41, 0, 0, 0)
        case .rejecting: return (0x20, 0x02, 0, 0)
        case .paused: return (path.truth.inPath.isEmpty ? 0x01 : 0x02, 0x20, 0, 0)
        case .cheated: return (0x01, 0x01, 0, 0)
        // A note held at power-up stalls the unit; nothing is wrong with the path.
        case .jammedInValidator: return path.isHolding ? (0, 0, 0, 0x01) : (0, 0x04, 0, 0)
        case .jammedInStacker: return (0, 0x04, 0, 0)
        case .failed: return (0, 0, 0x04, 0)
        case .cassetteOut: return (0, 0, 0, 0)
        case .cassetteFull: return (0, 0x08, 0, 0)
        }
    }
}
