/// The setup packet of a control transfer, as a device receives it.
///
/// Source: USB 2.0 9.3, table 9-2.
public struct USBSetup: Sendable, Hashable {
    public let requestType: UInt8
    public let request: UInt8
    public let value: UInt16
    public let index: UInt16
    /// Bytes of the data stage.
    public let length: UInt16

    /// Bytes on the wire.
    public static let size = 8

    /// Nil if there are not 8 bytes; what follows them is the data stage.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= USBSetup.size else { return nil }
        (requestType, request) = (bytes[0], bytes[1])
        value = UInt16(bytes[2]) | UInt16(bytes[3]) << 8
        index = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        length = UInt16(bytes[6]) | UInt16(bytes[7]) << 8
    }

    /// The device sends the data stage.
    public var isInput: Bool { requestType & 0x80 != 0 }
}

/// How a device answers a control transfer.
public enum USBAnswer: Sendable, Hashable {
    /// Taken; the bytes it sends, if it was asked for some.
    case done([UInt8])
    /// It does not know the request.
    case stall
}
