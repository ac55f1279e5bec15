internal import KioskModel

/// ID-003 as a JCM unit speaks it in polled mode: what it answers to each command in each state.
///
/// Source: public implementations of JCM ID-003 and captures of units; the specification is not public.
struct ID003Speech: ValidatorSpeech {
    /// VEND VALID, the credit point: said until the host acknowledges it. Kept over a power-off once it is known.
    private enum Vend: Sendable, Hashable {
        case none
        case due(sinceNs: Int64)
        case known
    }

    /// What the host sets. Lost whenever the unit starts: then no note is taken.
    private struct Settings: Sendable, Hashable {
        /// A set bit disables the denomination.
        var denominations: [UInt8] = [0, 0]
        var security: [UInt8] = [0, 0]
        var inhibit: UInt8 = 1
        var direction: UInt8 = 0
        var optional: [UInt8] = [0, 0]
    }

    private var line = ID003Line()
    private var settings = Settings()
    private var vend = Vend.none
    private var saidVend = false
    /// STACK-1: the credit is due at the stacker's lever, not when the note is in the cassette.
    private var vendsAtLever = false
    private var starts = 0

    private static let acknowledge: UInt8 = 0x50
    private static let invalidCommand: UInt8 = 0x4B
    private static let communicationError: UInt8 = 0x4A
    private static let vendValid: UInt8 = 0x15
    private static let stacked: UInt8 = 0x16
    /// VEND VALID that nobody acknowledges makes the unit mute after that, until RESET. Source: captures.
    private static let vendMax: Duration = .seconds(60)
    /// A note goes back after the escrow limit with the reason of an operation that did not come (79), and after 3 s without
    /// a status request without any word. Source: captures.
    private static let habits = NotePath.EscrowHabits(
        lateReason: 0x68, silenceMax: .seconds(3))

    mutating func hear(_ bytes: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64)
        -> [ValidatorWords]
    {
        unit.path.escrowHabits = ID003Speech.habits
        var words: [ValidatorWords] = []
        let patience = unit.path.timing.interByteMax
        for received in line.take(bytes, at: nowNs, interByteMax: patience) {
            keepUp(&unit, at: nowNs)
            switch received {
            case .message(ID003Speech.acknowledge, let rest) where rest.isEmpty:
                acknowledge(&unit)
            case .message(let command, let rest):
                guard !isMute(at: nowNs) || command == 0x40 else { continue }
                saidVend = false
                words.append(say(answer(command, rest, &unit, at: nowNs)))
            case .garbled:
                guard !isMute(at: nowNs) else { continue }
                words.append(say([ID003Speech.communicationError]))
            }
        }
        return words
    }

    /// The credit that was not said or not heard goes with the power; that it was heard is kept with the note.
    mutating func forget() {
        line.forget()
        saidVend = false
        if vend != .known { vend = .none }
        settings = Settings()
    }

    private func say(_ data: [UInt8]) -> ValidatorWords {
        ValidatorWords(frame: ID003Line.frame(data), status: data.first ?? 0)
    }

    private func isMute(at nowNs: Int64) -> Bool {
        guard case .due(let sinceNs) = vend else { return false }
        return nowNs - sinceNs > ID003Speech.vendMax.nanoseconds
    }

    /// What happened by itself since the host was last heard.
    private mutating func keepUp(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        if unit.path.starts != starts {
            starts = unit.path.starts
            settings = Settings()
        }
        let isAtLever =
            vendsAtLever && unit.path.truth.place == .stacker && isStacking(unit.path.state)
        if vend == .none, isAtLever || isStacked(unit.path.state) { vend = .due(sinceNs: nowNs) }
        // No word for a note that has gone back: the unit is at rest again.
        if case .returned = unit.path.state { unit.path.acknowledge(at: nowNs) }
    }

    private func isStacking(_ state: NotePath.State) -> Bool {
        if case .stacking = state { true } else { false }
    }

    private func isStacked(_ state: NotePath.State) -> Bool {
        if case .stacked = state { true } else { false }
    }

    private mutating func acknowledge(_ unit: inout ValidatorUnit) {
        guard saidVend, case .due = vend,
            !unit.troubles.losesAcknowledgement(of: ID003Speech.vendValid)
        else { return }
        (vend, saidVend) = (.known, false)
    }

    private mutating func answer(
        _ command: UInt8, _ rest: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64
    ) -> [UInt8] {
        let done = [ID003Speech.acknowledge]
        let invalid = [ID003Speech.invalidCommand]
        switch (command, rest.count) {
        case (0x11, 0): return status(&unit, at: nowNs)
        case (0x40, 0):
            unit.path.initialize(at: nowNs)
            if case .due = vend { vend = .due(sinceNs: nowNs) }
            return done
        case (0x41, 0), (0x42, 0):
            guard unit.path.stack(at: nowNs) else { return invalid }
            (vend, vendsAtLever) = (.none, command == 0x41)
            return done
        case (0x43, 0): return unit.path.giveBack(at: nowNs) ? done : invalid
        // WAIT is known to keep the note; how long is not, so it is taken for HOLD.
        case (0x44, 0), (0x45, 0): return unit.path.hold(at: nowNs) ? done : invalid
        case (0x80...0x85, 0), (0x88...0x8A, 0): return tell(command, unit)
        case (0xC0...0xC5, _):
            return set(command, rest, &unit) ? [command] + rest : invalid
        default: return invalid
        }
    }

    private func tell(_ request: UInt8, _ unit: ValidatorUnit) -> [UInt8] {
        switch request {
        case 0x80: [request] + settings.denominations
        case 0x81: [request] + settings.security
        case 0x83: [request, settings.inhibit]
        case 0x84: [request, settings.direction]
        case 0x85: [request] + settings.optional
        // No serial number in this protocol: another unit shows by its firmware, if at all.
        case 0x88:
            [request] + Array("U(CHN)-100-SS ID003-05V\(unit.swappedSerial ? "212" : "211")".utf8)
                + Array(" 07AUG14 4D3A".utf8)
        case 0x89: [request] + Array("B05A".utf8)
        case 0x8A: [request] + currencies(country: unit.wrongCurrency ? 0x01 : 0x2D)
        default: [ID003Speech.invalidCommand]
        }
    }

    /// Eight records of escrow code, country, leading digits and exponent; an unused one is worth 0.
    /// Source: public implementations: 2D is CNY, 01 USD.
    private func currencies(country: UInt8) -> [UInt8] {
        (0..<8).flatMap { (type: Int) -> [UInt8] in
            let code = UInt8(0x61 + type)
            guard type < NoteTypes.values.count else { return [code, 0, 0, 0] }
            var (digits, zeros) = (NoteTypes.values[type] / 100, UInt8(0))
            while digits >= 100 || (zeros == 0 && digits > 10 && digits.isMultiple(of: 10)) {
                (digits, zeros) = (digits / 10, zeros + 1)
            }
            return [code, country, UInt8(digits), zeros]
        }
    }

    /// False for a setting that there is not, or before the first RESET. Only polled mode is spoken here.
    private mutating func set(_ command: UInt8, _ rest: [UInt8], _ unit: inout ValidatorUnit)
        -> Bool
    {
        if unit.path.state == .poweredUp { return false }
        switch (command, rest.count) {
        case (0xC0, 2): settings.denominations = rest
        case (0xC1, 2): settings.security = rest
        case (0xC2, 1): return rest == [0]
        case (0xC3, 1) where rest[0] <= 1: settings.inhibit = rest[0]
        case (0xC4, 1): settings.direction = rest[0]
        case (0xC5, 2): settings.optional = rest
        default: return false
        }
        let open = settings.inhibit == 0
        unit.path.enabled = open ? UInt32(~settings.denominations[0]) : 0
        unit.path.escrowed = 0xFFFF_FFFF
        return true
    }

    private mutating func status(_ unit: inout ValidatorUnit, at nowNs: Int64) -> [UInt8] {
        unit.path.hear(at: nowNs)
        if let unknownStatus = unit.unknownStatus { return [unknownStatus] }
        let path = unit.path
        if case .due = vend, path.state != .poweredUp {
            saidVend = true
            return [ID003Speech.vendValid]
        }
        switch path.state {
        case .poweredUp:
            switch path.truth.place {
            case nil: return [0x40]
            case .validator: return [0x41]
            case .stacker: return [0x42]
            }
        case .initializing: return [0x1B]
        case .resting: return [settings.inhibit == 0 ? 0x11 : 0x1A]
        case .accepting: return [0x12]
        case .escrow(_, held: false): return [0x13, escrowCode(path.typeInPath)]
        case .escrow(_, held: true): return [0x19]
        case .stacking: return [0x14]
        case .stacked:
            unit.path.acknowledge(at: nowNs)
            return [ID003Speech.stacked]
        case .returning, .returned: return [0x18]
        case .rejecting(let reason, _): return [0x17, ID003Speech.rejectCode(reason)]
        case .paused: return [0x47]
        case .cheated: return [0x48]
        case .jammedInValidator: return [0x45]
        case .jammedInStacker: return [0x46]
        case .failed(let code): return [0x49, ID003Speech.failureCode(code)]
        case .cassetteOut: return [0x44]
        case .cassetteFull: return [0x43]
        }
    }

    /// A type beyond the table is told as the last code, which the table has without a value.
    private func escrowCode(_ type: UInt8) -> UInt8 { 0x61 + min(type, 7) }

    /// The reasons as ID-003 numbers them, from CCNET's. Source: public implementations, reject codes 71 to 7F.
    private static func rejectCode(_ reason: UInt8) -> UInt8 {
        switch reason {
        case 0x60: 0x71  // insertion
        case 0x61: 0x72  // magnetic
        case 0x62: 0x73  // a note remained in the head
        case 0x63: 0x74  // calibration, magnification
        case 0x64: 0x75  // conveying
        case 0x65, 0x92...0x95: 0x76  // denomination not told
        case 0x66: 0x77  // photo pattern
        case 0x67: 0x78  // photo level
        case 0x68: 0x79  // inhibited, or no command came for the held note
        case 0x69: 0x7F  // features of a true note
        case 0x6A: 0x7B  // operation
        case 0x6C: 0x7D  // length
        case 0x6D: 0x7E  // second photo pattern
        default: reason
        }
    }

    /// The failures as ID-003 numbers them, from CCNET's. Source: public implementations, failure codes A2 to B3.
    private static func failureCode(_ code: UInt8) -> UInt8 {
        switch code {
        case 0x50: 0xA2  // stack motor
        case 0x51: 0xA5  // transport motor speed
        case 0x52: 0xA6  // transport motor
        case 0x53: 0xA8  // solenoid
        case 0x54: 0xAB  // cassette not ready
        case 0x55, 0x56, 0x5F: 0xAF  // validator head
        case 0x57...0x5C: 0xB2  // memory
        default: code
        }
    }
}
