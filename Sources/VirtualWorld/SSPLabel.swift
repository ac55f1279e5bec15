/// What a unit says of itself: serial number, firmware, and what its channels are worth.
///
/// Source: ITL GA138 2.2.2, SETUP REQUEST and the tables of banknote validators.
struct SSPLabel {
    private let currency: [UInt8]
    private let serial: [UInt8]
    private let version: UInt8
    /// In yuan: channel 1 first.
    private let values: [UInt8]

    private static let unitType: UInt8 = 0x00
    /// 4.14.
    private static let firmware = Array("0414".utf8)
    private static let fullFirmware = Array("NV02004141498000".utf8)

    init(_ unit: ValidatorUnit, version: UInt8) {
        currency = Array((unit.wrongCurrency ? "USD" : "CNY").utf8)
        // The manual's example, and one that is not it.
        serial = unit.swappedSerial ? [0x00, 0x1C, 0x99, 0x99] : [0x00, 0x1C, 0x96, 0x2C]
        self.version = version
        values = NoteTypes.values.map { UInt8($0 / 100) }
    }

    /// What follows OK in the answer to that command; nil for commands that ask for nothing.
    func text(of command: UInt8) -> [UInt8]? {
        switch command {
        case SSPSpeech.Command.serialNumber: serial
        case SSPSpeech.Command.firmware: Self.fullFirmware
        case SSPSpeech.Command.dataset: currency + Array("01610".utf8)
        case SSPSpeech.Command.setup: setup
        case SSPSpeech.Command.unitData:
            [Self.unitType] + Self.firmware + currency + multiplier + [version]
        case SSPSpeech.Command.channelValues: [count] + channelValues + expanded
        case SSPSpeech.Command.channelSecurity: [count] + security
        default: nil
        }
    }

    private var setup: [UInt8] {
        let head = [Self.unitType] + Self.firmware + currency + multiplier
        // A value times 100 is fen; most significant byte first, as the multiplier before.
        return head + [count] + channelValues + security + [0, 0, 100, version] + expanded
    }

    private var count: UInt8 { UInt8(values.count) }

    /// From version 6 on the values stand in the expanded part, and nothing stands here.
    private var isExpanded: Bool { version >= 6 }
    private var multiplier: [UInt8] { [0, 0, isExpanded ? 0 : 1] }
    private var channelValues: [UInt8] { isExpanded ? values.map { _ in 0 } : values }
    private var security: [UInt8] { values.map { _ in isExpanded ? 0 : 2 } }

    /// A currency and a value for each channel, the value in four bytes, least significant first.
    private var expanded: [UInt8] {
        guard isExpanded else { return [] }
        return values.flatMap { _ in currency } + values.flatMap { [$0, 0, 0, 0] }
    }
}
