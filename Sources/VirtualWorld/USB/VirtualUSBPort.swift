/// The host controller's side of one virtual device: transfers with numbers go in, finished ones come out.
///
/// What umockdev's usbfs and QEMU's usb-redir have in common. A plain value.
public struct VirtualUSBPort<Device: VirtualUSBDevice>: Sendable {
    public enum Status: Sendable, Hashable {
        case done, stalled, cancelled, unplugged
        /// The device sent more than there was room for.
        case overflow
        case error
    }

    public struct Finished: Sendable, Hashable {
        public let number: UInt64
        public let status: Status
        /// What the device sent.
        public let bytes: [UInt8]
        /// How many bytes passed, in either direction.
        public let count: Int
    }

    private struct Pending: Sendable {
        let number: UInt64
        let endpoint: UInt8
        /// OUT: what is still to be taken.
        let bytes: [UInt8]
        let room: Int
        var got: [UInt8] = []
        var isInput: Bool { endpoint & 0x80 != 0 }
    }

    public var device: Device
    public private(set) var isPlugged = true
    private var pending: [Pending] = []
    private var finished: [Finished] = []

    public init(_ device: Device) { self.device = device }

    /// Setup packet and data stage in one.
    public mutating func submitControl(_ number: UInt64, _ bytes: [UInt8], at nowNs: Int64) {
        guard isPlugged else { return finish(number, .unplugged) }
        guard let setup = USBSetup(bytes) else { return finish(number, .error) }
        let data = setup.isInput ? [] : Array(bytes.dropFirst(USBSetup.size))
        switch device.control(setup, data, at: nowNs) {
        case .done(let answer) where setup.isInput: finish(number, .done, answer, answer.count)
        case .done: finish(number, .done, [], data.count)
        case .stall: finish(number, .stalled)
        }
    }

    /// - Parameter bytes: what is sent, or as many bytes as there is room for.
    public mutating func submit(_ number: UInt64, endpoint: UInt8, _ bytes: [UInt8]) {
        guard isPlugged else { return finish(number, .unplugged) }
        pending.append(
            Pending(number: number, endpoint: endpoint, bytes: bytes, room: bytes.count))
    }

    /// False if it is not pending (any more).
    public mutating func cancel(_ number: UInt64) -> Bool {
        guard let place = pending.firstIndex(where: { $0.number == number }) else { return false }
        let transfer = pending.remove(at: place)
        finish(number, .cancelled, transfer.got, transfer.got.count)
        return true
    }

    /// The plug is out: what was pending ends, nothing more is taken.
    public mutating func unplug() {
        isPlugged = false
        let torn = pending
        pending = []
        for transfer in torn {
            finish(transfer.number, .unplugged, transfer.got, transfer.got.count)
        }
    }

    /// The next finished transfer.
    public mutating func next(at nowNs: Int64) -> Finished? {
        if isPlugged { move(at: nowNs) }
        return finished.isEmpty ? nil : finished.removeFirst()
    }

    /// Offers each endpoint's first transfer to the device: those behind wait for it.
    private mutating func move(at nowNs: Int64) {
        var busy: Set<UInt8> = []
        for transfer in pending where busy.insert(transfer.endpoint).inserted {
            if transfer.isInput {
                receive(transfer, at: nowNs)
            } else {
                send(transfer, at: nowNs)
            }
        }
    }

    private mutating func send(_ transfer: Pending, at nowNs: Int64) {
        switch device.take(transfer.bytes, endpoint: transfer.endpoint, at: nowNs) {
        case .packet: end(transfer, .done, transfer.bytes.count)
        case .later: return
        case .stall: end(transfer, .stalled)
        case .error: end(transfer, .error)
        }
    }

    /// Packets until a short one, or until the transfer is full.
    private mutating func receive(_ transfer: Pending, at nowNs: Int64) {
        var transfer = transfer
        let size = device.packetSize(transfer.endpoint)
        while true {
            switch device.give(endpoint: transfer.endpoint, at: nowNs) {
            case .packet(let packet):
                guard packet.count <= size, transfer.got.count + packet.count <= transfer.room
                else { return end(transfer, .overflow, transfer.got.count) }
                transfer.got += packet
                if packet.count < size || transfer.got.count == transfer.room {
                    return end(transfer, .done, transfer.got.count)
                }
            case .later:
                guard let place = pending.firstIndex(where: { $0.number == transfer.number })
                else { return }
                pending[place] = transfer
                return
            case .stall: return end(transfer, .stalled, transfer.got.count)
            case .error: return end(transfer, .error, transfer.got.count)
            }
        }
    }

    private mutating func end(_ transfer: Pending, _ status: Status, _ count: Int = 0) {
        pending.removeAll { $0.number == transfer.number }
        finish(transfer.number, status, transfer.got, count)
    }

    private mutating func finish(
        _ number: UInt64, _ status: Status, _ bytes: [UInt8] = [], _ count: Int = 0
    ) {
        finished.append(Finished(number: number, status: status, bytes: bytes, count: count))
    }
}
