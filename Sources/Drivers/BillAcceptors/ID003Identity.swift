internal import KioskModel

/// Reads the answer to VERSION: model, then protocol, version, date and checksum of the program, parted by spaces
/// ("i(USA)100-SS ID003-05V280-42 01AUG17 964D"). The protocol tells no serial number: a unit of the same model and program
/// cannot be told from another.
///
/// Source: the behaviour of public hosts, of which the example is an answer seen in a capture.
enum ID003Identity {
    static func read(_ version: [UInt8], boot: [UInt8]) -> DeviceIdentity {
        let words = words(version)
        let firmware = words.dropFirst() + self.words(boot)
        return DeviceIdentity(
            model: words.first ?? "", serial: "", firmware: firmware.joined(separator: " "))
    }

    private static func words(_ bytes: [UInt8]) -> [String] {
        let characters = bytes.map {
            (0x21...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : " "
        }
        return String(characters).split(separator: " ").map(String.init)
    }
}
