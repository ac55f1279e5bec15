/// What the host sends. Source: ITL GA138 SSP Protocol Manual 2.2, commands.
enum SSPCommand: Hashable {
    /// The sequence bit begins anew; never encrypted.
    case sync
    case setup, poll, reject, disable, enable, serial, lastReject, hold, firmware, dataset
    case protocolVersion(UInt8)
    /// Channels that are taken, from 1; empty: none.
    case inhibits(channels: Set<UInt8>)
    /// As a poll, but each event comes again until it is acknowledged; only encrypted.
    case pollWithAcknowledge, acknowledge
    case generator(UInt64), modulus(UInt64), keyExchange(UInt64)

    var data: [UInt8] {
        switch self {
        case .inhibits(let channels): [0x02] + Self.mask(channels)
        case .setup: [0x05]
        case .protocolVersion(let version): [0x06, version]
        case .poll: [0x07]
        case .reject: [0x08]
        case .disable: [0x09]
        case .enable: [0x0A]
        case .serial: [0x0C]
        case .sync: [0x11]
        case .lastReject: [0x17]
        case .hold: [0x18]
        case .firmware: [0x20]
        case .dataset: [0x21]
        case .generator(let number): [0x4A] + Self.bytes(number)
        case .modulus(let number): [0x4B] + Self.bytes(number)
        case .keyExchange(let number): [0x4C] + Self.bytes(number)
        case .pollWithAcknowledge: [0x56]
        case .acknowledge: [0x57]
        }
    }

    /// For faults.
    var name: String {
        switch self {
        case .sync: "identify"
        case .setup, .protocolVersion, .serial, .firmware, .dataset: "read the setup"
        case .poll, .pollWithAcknowledge, .acknowledge, .lastReject: "poll"
        case .hold: "hold note"
        case .reject: "return note"
        case .enable, .disable, .inhibits: "enable notes"
        case .generator, .modulus, .keyExchange: "exchange keys"
        }
    }

    /// A key is agreed on in clear, and so is the sequence.
    var isEncryptable: Bool {
        switch self {
        case .sync, .generator, .modulus, .keyExchange: false
        case .setup, .poll, .reject, .disable, .enable, .serial, .lastReject, .hold, .firmware,
            .dataset, .protocolVersion, .inhibits, .pollWithAcknowledge, .acknowledge:
            true
        }
    }

    /// A set bit lets the channel in; channel 1 is bit 0 of the first byte. Source: GA138, SET INHIBITS.
    private static func mask(_ channels: Set<UInt8>) -> [UInt8] {
        var bits: UInt16 = 0
        for channel in channels where (1...16).contains(channel) { bits |= 1 << (channel - 1) }
        return [UInt8(bits & 0xFF), UInt8(bits >> 8)]
    }

    /// Eight bytes, least significant first. Source: GA138, encryption layer.
    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
}

/// The unit's answer to a command.
enum SSPReply: Hashable {
    /// F0, with what follows it.
    case ok([UInt8])
    /// Not done: F2 unknown, F3 wrong parameters, F4 out of range, F5 not now, F6 software error, F8 fail.
    case refused(UInt8)
    /// The unit has no key (any more): it is to be agreed on before anything else.
    case keyNotSet

    /// Nil for what is no answer: a late or garbled one.
    /// Source: GA138, generic responses.
    init?(_ data: [UInt8]) {
        switch data.first {
        case 0xF0: self = .ok(Array(data.dropFirst()))
        case .some(let code) where (0xF2...0xF8).contains(code): self = .refused(code)
        case 0xFA: self = .keyNotSet
        default: return nil
        }
    }
}
