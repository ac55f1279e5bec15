internal import KioskModel

/// Reads the answer to IDENTIFICATION. Source: CCNET, IDENTIFICATION: 15 bytes part number, 12 bytes serial number, 7 bytes
/// asset number (binary, of no use to us).
enum CCNETIdentity {
    static func read(_ data: [UInt8]) -> DeviceIdentity {
        // The protocol tells no firmware version beyond what stands in the part number.
        DeviceIdentity(model: text(data.prefix(15)), serial: text(data[15..<27]), firmware: "")
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let characters = bytes.map {
            (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : " "
        }
        return String(characters).split(separator: " ").joined(separator: " ")
    }
}
