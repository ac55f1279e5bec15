/// What an EBDS unit says of itself.
///
/// Source: `decapod-atm/ebds` (MIT), `src/aux_command.rs` and the query modules. Acceptor type (04) and serial number (05),
/// 20 characters each, are known from other public hosts.
enum EBDSIdentity {
    /// 16 bits, four a byte, and two bytes of zero.
    static let checksum: [UInt8] = [0x0A, 0x05, 0x03, 0x0C, 0, 0]

    /// An unknown question is answered with the checksum.
    static func answer(to command: UInt8, of unit: ValidatorUnit) -> [UInt8] {
        switch command {
        case 0x04: text("SC6607R", 20)
        case 0x05: text(unit.swappedSerial ? "20618000999" : "20618000123", 20)
        case 0x06: text("285000130", 9)
        case 0x07: text("286000312", 9)
        case 0x08: text(unit.wrongCurrency ? "USD" : "CNY", 32)
        case 0x09: text("494150204", 9)
        // Application and variant can be asked for; nothing else of the list.
        case 0x0D: [0x04, 0, 0, 0, 0, 0]
        case 0x0E: text("286000312", 9)
        case 0x0F: text("494150204", 9)
        default: checksum
        }
    }

    private static func text(_ text: String, _ count: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(count))
        return bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }
}
