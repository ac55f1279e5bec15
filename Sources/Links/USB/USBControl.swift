/// One control transfer: its setup packet, and its data or how many bytes are asked for.
///
/// Source: USB 2.0 9.3, table 9-2.
struct USBControl: Sendable, Hashable {
    enum Stage: Sendable, Hashable {
        case out([UInt8])
        case `in`(length: UInt16)
    }

    let requestType: UInt8
    let request: UInt8
    let value: UInt16
    let index: UInt16
    let stage: Stage
    /// A device may stall it (not know it) and is usable all the same.
    let optional: Bool

    init(
        _ requestType: UInt8, _ request: UInt8, value: UInt16 = 0, index: UInt16 = 0,
        stage: Stage = .out([]), optional: Bool = false
    ) {
        (self.requestType, self.request, self.value, self.index) = (
            requestType, request, value, index
        )
        (self.stage, self.optional) = (stage, optional)
    }

    /// The setup packet, and room for or the bytes of the data stage.
    var bytes: [UInt8] {
        let data: [UInt8] =
            switch stage {
            case .out(let bytes): bytes
            case .in(let length): [UInt8](repeating: 0, count: Int(length))
            }
        return [requestType, request, UInt8(value & 0xFF), UInt8(value >> 8)]
            + [UInt8(index & 0xFF), UInt8(index >> 8)]
            + [UInt8(data.count & 0xFF), UInt8(data.count >> 8 & 0xFF)] + data
    }
}

extension USBControl: CustomStringConvertible {
    /// "40 03 4138 0000": for a fault's text.
    var description: String {
        "\(USBText.hex(requestType)) \(USBText.hex(request)) \(USBText.hex(value)) "
            + USBText.hex(index)
    }
}

/// Numbers as `lsusb` prints them.
enum USBText {
    static func hex<Number: FixedWidthInteger>(_ number: Number) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, Number.bitWidth / 4 - digits.count)) + digits
    }
}
