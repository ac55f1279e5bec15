public import DeviceKit

/// A device without hardware as a USB host controller sees it: setup packets, endpoints, packets.
///
/// A plain value, told the time in nanoseconds of one clock that never falls. Whoever shows it to a host (umockdev's
/// usbfs, QEMU's usb-redir) asks again and again for the next packet, as a host controller does.
public protocol VirtualUSBDevice: Sendable {
    var descriptors: VirtualUSBDescriptors { get }
    mutating func control(_ setup: USBSetup, _ data: [UInt8], at nowNs: Int64) -> USBAnswer
    /// Bytes to a bulk OUT endpoint.
    mutating func take(_ bytes: [UInt8], endpoint: UInt8, at nowNs: Int64) -> USBPacketAnswer
    /// One packet from a bulk or interrupt IN endpoint.
    mutating func give(endpoint: UInt8, at nowNs: Int64) -> USBPacketAnswer
    /// The longest packet of an IN endpoint, whatever the descriptors pretend; 0 if there is none.
    func packetSize(_ endpoint: UInt8) -> Int
    /// The host cleared the halt of an endpoint.
    mutating func clearHalt(endpoint: UInt8)
}

public enum USBPacketAnswer: Sendable, Hashable {
    /// Taken, or given.
    case packet([UInt8])
    /// Not now; the host asks again.
    case later
    case stall
    /// The wire's check failed, again and again.
    case error
}

/// A unit at the far end of a serial line: bytes from the host go in, answers with their times come out.
public protocol VirtualSerialUnit: Sendable {
    mutating func receive(_ bytes: [UInt8], at nowNs: Int64) -> [VirtualValidator.Reply]
}

extension VirtualValidator: VirtualSerialUnit {}

extension VirtualValidator.Reply {
    public init(_ bytes: [UInt8], atNs: Int64) { self.init(bytes: bytes, atNs: atNs) }
}

/// A serial unit behind a USB bridge. Where the bridge's line is not set as the unit's, every byte is garbage, both ways.
public struct VirtualUSBSerial<Unit: VirtualSerialUnit>: VirtualUSBDevice {
    /// What a bridge holds for the host; what comes later is lost, as in the chips.
    public static var waitingMax: Int { 512 }

    public var bridge: any VirtualBridge
    public var unit: Unit
    public var troubles = VirtualUSBTroubles()
    public var descriptors: VirtualUSBDescriptors
    /// How the unit's own side of the line is set.
    private let unitLine: SerialSettings
    /// The bridge as it is when it gets power.
    private let start: any VirtualBridge
    private let inputs: [UInt8: Int]
    private var coming: [VirtualValidator.Reply] = []
    private var waiting: [UInt8] = []
    private var halted: Set<UInt8> = []
    /// The last packet was full: an empty one ends the transfer.
    private var owesEmpty = false

    public init(bridge: any VirtualBridge, unit: Unit, line: SerialSettings) {
        (self.bridge, self.unit, start, unitLine) = (bridge, unit, bridge, line)
        descriptors = bridge.descriptors
        inputs = VirtualUSBSerial.bulkInputs(bridge.descriptors.configuration)
    }

    /// Bytes that lay in the bridge before the host came.
    public mutating func hold(_ bytes: [UInt8]) { waiting = bytes }

    /// The same after its plug was out: the bridge lived on the bus and has forgotten all; the unit has its own power.
    public func replugged() -> Self {
        var device = self
        (device.bridge, device.coming, device.waiting) = (start, [], [])
        (device.halted, device.owesEmpty) = ([], false)
        return device
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8], at nowNs: Int64) -> USBAnswer {
        // Standard requests. Source: USB 2.0 9.4: GET_DESCRIPTOR; SET_ADDRESS, SET_CONFIGURATION and the like.
        if setup.requestType & 0x60 == 0 {
            return setup.request == 6 ? descriptors.answer(setup) : .done([])
        }
        arrive(at: nowNs)
        if troubles.stallsControl > 0 {
            troubles.stallsControl -= 1
            return .stall
        }
        switch bridge.control(setup, data) {
        case .done(let bytes): return .done(Array(bytes.prefix(Int(setup.length))))
        case .stall: return .stall
        case .purged:
            (waiting, owesEmpty) = ([], false)
            return .done([])
        }
    }

    public mutating func take(_ bytes: [UInt8], endpoint: UInt8, at nowNs: Int64)
        -> USBPacketAnswer
    {
        if troubles.isDeaf { return .later }
        if troubles.stallsOut > 0 {
            troubles.stallsOut -= 1
            halted.insert(endpoint)
        }
        if halted.contains(endpoint) { return .stall }
        guard bridge.line != nil else { return .packet([]) }
        arrive(at: nowNs)
        coming += unit.receive(pass(bytes), at: nowNs)
        return .packet([])
    }

    public mutating func give(endpoint: UInt8, at nowNs: Int64) -> USBPacketAnswer {
        guard let size = inputs[endpoint] else { return .later }
        if troubles.stallsIn > 0, halted.insert(endpoint).inserted { troubles.stallsIn -= 1 }
        if halted.contains(endpoint) { return .stall }
        if troubles.errorsIn > 0 {
            troubles.errorsIn -= 1
            return .error
        }
        if troubles.babbles {
            troubles.babbles = false
            return .packet([UInt8](repeating: 0xBB, count: size + 1))
        }
        if troubles.emptyPackets > 0 {
            troubles.emptyPackets -= 1
            return .packet([])
        }
        arrive(at: nowNs)
        if troubles.floods { waiting = [UInt8](repeating: 0xF0, count: size) }
        guard let packet = bridge.packet(&waiting, size: size, at: nowNs) else {
            guard owesEmpty else { return .later }
            owesEmpty = false
            return .packet([])
        }
        owesEmpty = packet.count == size
        return .packet(packet)
    }

    public func packetSize(_ endpoint: UInt8) -> Int { inputs[endpoint] ?? 0 }

    public mutating func clearHalt(endpoint: UInt8) { halted.remove(endpoint) }

    /// Takes over what the unit has sent until now.
    private mutating func arrive(at nowNs: Int64) {
        let arrived = coming.filter { $0.atNs <= nowNs }
        guard !arrived.isEmpty else { return }
        coming.removeAll { $0.atNs <= nowNs }
        guard bridge.line != nil else { return }
        let room = max(0, VirtualUSBSerial.waitingMax - waiting.count)
        waiting += pass(arrived.flatMap(\.bytes)).prefix(room)
    }

    /// What the line makes of bytes: themselves, if both ends are set alike.
    private func pass(_ bytes: [UInt8]) -> [UInt8] {
        guard let line = bridge.line, isAlike(line) else { return bytes.map { ~($0 << 1) } }
        return bytes
    }

    /// A UART reads right up to about 3 % off in speed.
    private func isAlike(_ line: SerialSettings) -> Bool {
        abs(line.baud - unitLine.baud) * 100 <= unitLine.baud * 3
            && line.dataBits == unitLine.dataBits && line.parity == unitLine.parity
            && line.stopBits == unitLine.stopBits
    }

    /// Packet size by endpoint address. Source: USB 2.0 9.6.6.
    private static func bulkInputs(_ configuration: [UInt8]) -> [UInt8: Int] {
        var inputs: [UInt8: Int] = [:]
        var rest = configuration[...]
        while let length = rest.first.map(Int.init), length >= 2, length <= rest.count {
            let descriptor = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            guard descriptor[1] == 5, length >= 7, descriptor[2] & 0x80 != 0, descriptor[3] == 2
            else { continue }
            inputs[descriptor[2]] = Int(descriptor[4]) | Int(descriptor[5]) << 8
        }
        return inputs
    }
}
