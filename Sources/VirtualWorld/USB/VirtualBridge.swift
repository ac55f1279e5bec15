public import DeviceKit

/// The chip of a USB serial bridge as the host finds it: registers that requests set, and the format of its packets.
/// Written from the device's side, and from nothing of the links.
public protocol VirtualBridge: Sendable {
    var descriptors: VirtualUSBDescriptors { get }
    /// The line as the registers have it now; nil while no byte can pass. The speed is what the divisor makes.
    var line: SerialSettings? { get }
    /// Vendor and class requests.
    mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer
    /// The next packet to the host, taken out of what came over the line; nil: nothing to send yet.
    mutating func packet(_ waiting: inout [UInt8], size: Int, at nowNs: Int64) -> [UInt8]?
}

public enum VirtualBridgeAnswer: Sendable, Hashable {
    case done([UInt8] = [])
    /// Throws away what came over the line and was not sent to the host.
    case purged
    case stall
}

extension VirtualBridge {
    /// What waits, as it is. A full packet is followed by an empty one, so that the host knows where it ends; `waiting`
    /// cannot say so, hence the owner's part.
    public mutating func packet(_ waiting: inout [UInt8], size: Int, at nowNs: Int64) -> [UInt8]? {
        guard !waiting.isEmpty else { return nil }
        defer { waiting.removeFirst(min(size, waiting.count)) }
        return Array(waiting.prefix(size))
    }
}

/// USB-level troubles of a virtual device; each lasts until it is used up or ended.
public struct VirtualUSBTroubles: Sendable, Hashable {
    /// The next so many IN transfers stall; each halts the endpoint until the host clears it.
    public var stallsIn = 0
    public var stallsOut = 0
    /// The next so many vendor or class requests stall.
    public var stallsControl = 0
    /// Empty packets before the next real one.
    public var emptyPackets = 0
    /// The next so many IN transfers end with an error on the wire.
    public var errorsIn = 0
    /// Sends without end.
    public var floods = false
    /// The next packet is longer than the endpoint's.
    public var babbles = false
    /// Takes no bytes.
    public var isDeaf = false
    public init() {}
}
