internal import KioskModel

/// SSP and eSSP as the unit speaks it: what it answers to each command in each state.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2.2, commands and events of the NV family; GA973 2.2.
struct SSPSpeech: ValidatorSpeech {
    enum Command {
        static let reset: UInt8 = 0x01
        static let inhibits: UInt8 = 0x02
        static let displayOn: UInt8 = 0x03
        static let displayOff: UInt8 = 0x04
        static let setup: UInt8 = 0x05
        static let protocolVersion: UInt8 = 0x06
        static let poll: UInt8 = 0x07
        static let reject: UInt8 = 0x08
        static let disable: UInt8 = 0x09
        static let enable: UInt8 = 0x0A
        static let serialNumber: UInt8 = 0x0C
        static let unitData: UInt8 = 0x0D
        static let channelValues: UInt8 = 0x0E
        static let channelSecurity: UInt8 = 0x0F
        static let sync: UInt8 = 0x11
        static let lastReject: UInt8 = 0x17
        static let hold: UInt8 = 0x18
        static let firmware: UInt8 = 0x20
        static let dataset: UInt8 = 0x21
        static let generator: UInt8 = 0x4A
        static let modulus: UInt8 = 0x4B
        static let keyExchange: UInt8 = 0x4C
        static let baud: UInt8 = 0x4D
        static let pollWithAck: UInt8 = 0x56
        static let eventAck: UInt8 = 0x57
        static let counters: UInt8 = 0x58
        static let resetCounters: UInt8 = 0x59
        static let fixedKey: UInt8 = 0x60
        static let usualFixedKey: UInt8 = 0x61
    }

    /// Source: GA138, generic responses.
    enum Answer {
        static let ok: UInt8 = 0xF0
        static let unknownCommand: UInt8 = 0xF2
        static let wrongParameters: UInt8 = 0xF3
        static let outOfRange: UInt8 = 0xF4
        static let cannotProcess: UInt8 = 0xF5
        static let fail: UInt8 = 0xF8
        static let keyNotSet: UInt8 = 0xFA
    }

    /// Source: GA138, HOST PROTOCOL VERSION: 8 is supported, 9 is not; the setup example tells 5.
    static let versions: ClosedRange<UInt8> = 4...8
    static let usualVersion: UInt8 = 5
    /// Source: GA973: without a command for 10 s the unit disables itself.
    static let sleepsAfter: Duration = .seconds(10)

    private var line = SSPLine()
    /// The last answer, repeated when the command's sequence flag is the same again.
    private var stored: (sequence: Bool, words: ValidatorWords)?
    private var heardNs: Int64?
    var events = SSPEvents()
    var isEnabled = false
    /// A set bit lets the channel in; bit 0 is channel 1.
    private var inhibits: UInt32 = 0
    /// Those of the channels that there are.
    var letIn: UInt32 { inhibits & ((1 << UInt32(NoteTypes.values.count)) - 1) }
    private(set) var version = usualVersion
    /// The held note was told by a POLL: the next one accepts it.
    var isOffered = false
    private var cipher = SSPCipher()
    /// The answer to POLL WITH ACK that holds an event nobody has acknowledged: given again until somebody does.
    var pinned: [UInt8]?
    /// Somebody encrypted with another key: no notes until RESET.
    var isOutOfService = false

    func prepare(_ unit: inout ValidatorUnit) {
        unit.path.startsAlone = true
        unit.path.remembersStates = true
        unit.path.takesUntilNs = .min
    }

    mutating func hear(_ bytes: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64)
        -> [ValidatorWords]
    {
        var words: [ValidatorWords] = []
        for packet in line.take(bytes) {
            if packet.data != [Command.sync], let stored, stored.sequence == packet.sequence {
                words.append(stored.words)
                continue
            }
            // A command that gets lost on its way: what the answer before it said is not known to be heard.
            if let stored, unit.troubles.losesAcknowledgement(of: stored.words.status) { continue }
            wake(&unit, at: nowNs)
            follow(&unit, at: nowNs)
            let reply = reply(to: packet.data, &unit, at: nowNs)
            regulate(&unit, at: nowNs)
            guard let reply else { continue }
            let said = ValidatorWords(
                frame: SSPLine.packet(reply.data, sequence: packet.sequence), status: reply.status)
            // After SYNC the next command has flag 0, whatever SYNC itself had.
            stored = (packet.data == [Command.sync] ? true : packet.sequence, said)
            words.append(said)
        }
        return words
    }

    /// Opens what is encrypted, answers, and encrypts what must not be read on the way. Nil: the packet is thrown away.
    private mutating func reply(
        to data: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64
    ) -> (data: [UInt8], status: UInt8)? {
        var (plain, isSealed) = (data, false)
        if data[0] == SSPCipher.start {
            guard cipher.hasKey else { return ([Answer.keyNotSet], Answer.keyNotSet) }
            switch cipher.open(Array(data.dropFirst())) {
            case .data(let opened): (plain, isSealed) = (opened, true)
            case .wrongCount: return nil
            case .garbled:
                isOutOfService = true
                return nil
            }
        }
        // As it is now: the answer to RESET, or to a key exchange, still goes by the key of its command.
        var sealing = cipher
        let holdsCredit = pinned != nil || events.holdsCredit
        let answer = answer(plain, isSealed: isSealed, &unit, at: nowNs)
        let isPoll = [Command.poll, Command.pollWithAck].contains(plain[0])
        let status = isPoll ? answer.dropFirst().first ?? answer[0] : answer[0]
        defer { cipher.settle() }
        // Once keys are agreed, no credit is told in clear.
        guard isSealed || (isPoll && holdsCredit && sealing.hasKey) else { return (answer, status) }
        return (sealing.seal(answer), status)
    }

    mutating func forget() {
        line.forget()
        stored = nil
        heardNs = nil
        restart()
    }

    /// What neither a power cut nor RESET leaves standing.
    private mutating func restart() {
        events.forget()
        cipher.forget()
        (isEnabled, inhibits, isOffered) = (false, 0, false)
        (pinned, isOutOfService) = (nil, false)
        version = Self.usualVersion
    }

    /// The host speaks again after a while.
    private mutating func wake(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        if let heardNs, nowNs - heardNs > Self.sleepsAfter.nanoseconds { isEnabled = false }
        heardNs = nowNs
        unit.path.takesUntilNs = nowNs + Self.sleepsAfter.nanoseconds
    }

    /// Writes down what the mechanics did since the last command.
    mutating func follow(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        for state in unit.path.takePassed() {
            events.follow(state, type: unit.path.typeInPath)
            if case .accepting = state { isOffered = false }
        }
        // Nobody needs to confirm that a note is back in the customer's hand.
        if case .returned = unit.path.state { unit.path.acknowledge(at: nowNs) }
    }

    /// Lets in what the host lets in.
    private func regulate(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        let mayTake = isEnabled && pinned == nil && !isOutOfService
        let channels = mayTake ? letIn : 0
        (unit.path.enabled, unit.path.escrowed) = (channels, channels)
    }

    private mutating func answer(
        _ data: [UInt8], isSealed: Bool, _ unit: inout ValidatorUnit, at nowNs: Int64
    ) -> [UInt8] {
        let (command, rest) = (data[0], Array(data.dropFirst()))
        let isPoll = [Command.poll, Command.pollWithAck].contains(command)
        // Every command but a POLL keeps a held note, and starts its time anew.
        if !isPoll { _ = unit.path.hold(at: nowNs) }
        if Self.onlySealed.contains(command), !isSealed {
            return [cipher.hasKey ? Answer.cannotProcess : Answer.keyNotSet]
        }
        guard let counts = Self.parameters[command] else { return [Answer.unknownCommand] }
        guard counts.contains(rest.count) else { return [Answer.wrongParameters] }
        switch command {
        case Command.poll: return poll(&unit, withAck: false, at: nowNs)
        case Command.pollWithAck: return poll(&unit, withAck: true, at: nowNs)
        case Command.eventAck:
            guard pinned != nil else { return [Answer.cannotProcess] }
            acknowledge(&unit, at: nowNs)
            return [Answer.ok]
        case Command.reset:
            reset(&unit, at: nowNs)
            return [Answer.ok]
        case Command.inhibits:
            inhibits = rest.enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * $1.offset) }
            return [Answer.ok]
        case Command.enable:
            guard !isOutOfService else { return [Answer.cannotProcess] }
            isEnabled = true
            return [Answer.ok]
        case Command.disable:
            isEnabled = false
            events.hostRejected = unit.path.giveBack(at: nowNs)
            return [Answer.ok]
        case Command.reject:
            guard unit.path.giveBack(at: nowNs) else { return [Answer.cannotProcess] }
            events.hostRejected = true
            return [Answer.ok]
        case Command.hold:
            guard case .escrow = unit.path.state else { return [Answer.cannotProcess] }
            return [Answer.ok]
        case Command.protocolVersion:
            guard Self.versions.contains(rest[0]) else { return [Answer.fail] }
            version = rest[0]
            return [Answer.ok]
        case Command.baud:
            // 9600, 38400 or 115200; for now or for good. The line itself is not looked at.
            return [rest[0] <= 2 && rest[1] <= 1 ? Answer.ok : Answer.outOfRange]
        case Command.resetCounters:
            events.resetCounters()
            return [Answer.ok]
        case Command.generator:
            return [cipher.setGenerator(rest) ? Answer.ok : Answer.outOfRange]
        case Command.modulus: return [cipher.setModulus(rest) ? Answer.ok : Answer.outOfRange]
        case Command.keyExchange:
            return cipher.exchange(hostKey: rest).map { [Answer.ok] + $0 } ?? [Answer.fail]
        case Command.fixedKey:
            cipher.setFixedKey(rest)
            return [Answer.ok]
        case Command.usualFixedKey:
            cipher.resetFixedKey()
            reset(&unit, at: nowNs)
            return [Answer.ok]
        case Command.lastReject: return [Answer.ok, events.lastReject]
        case Command.counters: return [Answer.ok] + counters
        default: return [Answer.ok] + (SSPLabel(unit, version: version).text(of: command) ?? [])
        }
    }

    /// Source: GA138, *encryption required* in the command descriptions.
    private static let onlySealed = [Command.pollWithAck, Command.eventAck, Command.fixedKey]

    private mutating func reset(_ unit: inout ValidatorUnit, at nowNs: Int64) {
        restart()
        unit.path.initialize(at: nowNs)
        _ = unit.path.takePassed()
        events.follow(unit.path.state, type: unit.path.typeInPath)
    }

    /// How many bytes follow each command. Source: GA138, command descriptions.
    private static let parameters: [UInt8: ClosedRange<Int>] = [
        Command.reset: 0...0, Command.inhibits: 1...3, Command.displayOn: 0...0,
        Command.displayOff: 0...0, Command.setup: 0...0, Command.protocolVersion: 1...1,
        Command.poll: 0...0, Command.reject: 0...0, Command.disable: 0...0,
        Command.enable: 0...0, Command.serialNumber: 0...1, Command.unitData: 0...0,
        Command.channelValues: 0...0, Command.channelSecurity: 0...0, Command.sync: 0...0,
        Command.lastReject: 0...0, Command.hold: 0...0, Command.firmware: 0...0,
        Command.dataset: 0...0, Command.baud: 2...2, Command.counters: 0...0,
        Command.resetCounters: 0...0, Command.generator: 8...8, Command.modulus: 8...8,
        Command.keyExchange: 8...8, Command.pollWithAck: 0...0, Command.eventAck: 0...0,
        Command.fixedKey: 8...8, Command.usualFixedKey: 0...0,
    ]

    /// Five counters, least significant byte first; this unit stores and pays out nothing.
    private var counters: [UInt8] {
        [5]
            + [events.counters.stacked, 0, 0, 0, events.counters.rejected].flatMap { count in
                (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * UInt32($0))) }
            }
    }
}
