internal import KioskModel

/// CCNET as the unit speaks it: what it answers to each command in each state.
/// Source: CashCode CCNET Common Specifications v2.6.0, command set and state codes.
struct CCNETSpeech: ValidatorSpeech {
    /// The last data answer: the host's ACK belongs to it.
    private struct Answered: Sendable, Hashable {
        let state: NotePath.State
        let atNs: Int64
    }

    private var line = CCNETLine()
    private var answered: Answered?
    /// The high-security mask, kept but without effect. Source: CCNET v2.6.0, SET SECURITY.
    private var security: [UInt8] = [0, 0, 0]

    private enum Command {
        static let reset: UInt8 = 0x30
        static let status: UInt8 = 0x31
        static let security: UInt8 = 0x32
        static let poll: UInt8 = 0x33
        static let enable: UInt8 = 0x34
        static let stack: UInt8 = 0x35
        static let giveBack: UInt8 = 0x36
        static let identification: UInt8 = 0x37
        static let hold: UInt8 = 0x38
        static let barCode: UInt8 = 0x39
        static let noteTable: UInt8 = 0x41
        static let escrowTimeouts: UInt8 = 0x5A
    }

    mutating func hear(_ bytes: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64)
        -> [ValidatorWords]
    {
        var words: [ValidatorWords] = []
        let patience = unit.path.timing.interByteMax
        for received in line.take(bytes, at: nowNs, interByteMax: patience) {
            switch received {
            case .message(CCNETLine.acknowledge, let rest) where rest.isEmpty:
                acknowledge(&unit, at: nowNs)
            case .message(CCNETLine.refuse, let rest) where rest.isEmpty:
                // As silence: the status is repeated at the next POLL.
                answered = nil
            case .message(let command, let rest):
                words.append(say(answer(command, rest, &unit, at: nowNs)))
            case .garbled:
                answered = nil
                words.append(say([CCNETLine.refuse]))
            }
        }
        return words
    }

    mutating func forget() {
        line.forget()
        answered = nil
    }

    private func say(_ data: [UInt8]) -> ValidatorWords {
        ValidatorWords(frame: CCNETLine.frame(data), status: data.first ?? 0)
    }

    private mutating func acknowledge(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        defer { answered = nil }
        let timing = unit.path.timing
        let window = timing.reply + timing.acknowledgeMax
        guard let answered, answered.state == unit.path.state,
            nowNs - answered.atNs <= window.nanoseconds
        else { return }
        switch answered.state {
        case .stacked, .returned:
            let status = statusBytes(unit).first ?? 0
            if !unit.troubles.losesAcknowledgement(of: status) {
                unit.path.acknowledge(at: nowNs)
            }
        default: break
        }
    }

    private mutating func answer(
        _ command: UInt8, _ rest: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64
    ) -> [UInt8] {
        answered = nil
        let ack = [CCNETLine.acknowledge]
        let illegal = [CCNETLine.illegalCommand]
        switch (command, rest.count) {
        case (Command.reset, 0):
            unit.path.initialize(at: nowNs)
            return ack
        case (Command.status, 0): return bytes(of: unit.path.enabled) + security
        case (Command.security, 3):
            security = rest
            return ack
        case (Command.poll, 0):
            answered = Answered(state: unit.path.state, atNs: nowNs)
            if let unknownStatus = unit.unknownStatus { return [unknownStatus] }
            return statusBytes(unit)
        case (Command.enable, 6): return enable(rest, &unit) ? ack : illegal
        case (Command.stack, 0): return unit.path.stack(at: nowNs) ? ack : illegal
        case (Command.giveBack, 0): return unit.path.giveBack(at: nowNs) ? ack : illegal
        case (Command.hold, 0): return unit.path.hold(at: nowNs) ? ack : illegal
        case (Command.identification, 0):
            return tellsOfItself(unit) ? identification(unit) : illegal
        case (Command.noteTable, 0):
            return tellsOfItself(unit)
                ? NoteTypes.table(country: unit.wrongCurrency ? "USA" : "CHN") : illegal
        case (Command.barCode, 2): return ack
        case (Command.escrowTimeouts, 8): return setEscrow(rest, &unit) ? ack : illegal
        default: return illegal
        }
    }

    /// 37 and 41 are answered only while the unit cannot take a note.
    private func tellsOfItself(_ unit: ValidatorUnit) -> Bool {
        switch unit.path.state {
        case .poweredUp, .initializing, .failed: true
        case .resting: unit.path.enabled == 0
        case .accepting, .escrow, .stacking, .stacked, .returning, .returned, .rejecting, .paused,
            .cheated, .jammedInValidator, .jammedInStacker, .cassetteOut, .cassetteFull:
            false
        }
    }

    /// 15 bytes part number, 12 bytes serial number, 7 bytes asset number.
    private func identification(_ unit: ValidatorUnit) -> [UInt8] {
        Array("SM-CHN1353     ".utf8)
            + Array((unit.swappedSerial ? "20KC10000999" : "20KC10000123").utf8)
            + [0, 0, 0, 0, 0, 0, 1]
    }

    /// Y1–Y3 accept, Y4–Y6 escrow; type 0 is bit 0 of Y3 and Y6. Not before a reset after power-up.
    private func enable(_ masks: [UInt8], _ unit: inout ValidatorUnit) -> Bool {
        switch unit.path.state {
        case .poweredUp, .initializing: return false
        default: break
        }
        let masks = masks.map(UInt32.init)
        unit.path.enabled = masks[0] << 16 | masks[1] << 8 | masks[2]
        unit.path.escrowed = masks[3] << 16 | masks[4] << 8 | masks[5]
        return true
    }

    /// Milliseconds for notes, then for vouchers, four bytes each, most significant first.
    private func setEscrow(_ bytes: [UInt8], _ unit: inout ValidatorUnit) -> Bool {
        let limitMs = bytes[0..<4].reduce(0) { $0 << 8 | Int64($1) }
        guard limitMs > 0 else { return false }
        unit.path.escrowLimit = .milliseconds(limitMs)
        return true
    }

    private func bytes(of mask: UInt32) -> [UInt8] {
        [UInt8(mask >> 16 & 0xFF), UInt8(mask >> 8 & 0xFF), UInt8(mask & 0xFF)]
    }

    /// State code with what belongs to it.
    private func statusBytes(_ unit: ValidatorUnit) -> [UInt8] {
        let path = unit.path
        return switch path.state {
        case .poweredUp:
            switch path.truth.place {
            case nil: [0x10]
            case .validator: [0x11]
            case .stacker: [0x12]
            }
        case .initializing: [0x13]
        case .resting: path.enabled == 0 ? [0x19] : [0x14]
        case .accepting: [0x15]
        case .escrow(_, held: false): [0x80, path.typeInPath]
        case .escrow(_, held: true): [0x1A]
        case .stacking: [0x17]
        case .stacked(let type): [0x81, type]
        case .returning: [0x18]
        case .returned(let type): [0x82, type]
        case .rejecting(let reason, _): [0x1C, reason]
        case .paused: [0x46]
        case .cheated: [0x45]
        case .jammedInValidator: [0x43]
        case .jammedInStacker: [0x44]
        case .failed(let code): [0x47, code]
        case .cassetteOut: [0x42]
        case .cassetteFull: [0x41]
        }
    }
}
