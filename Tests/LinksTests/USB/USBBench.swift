import CUSBTestbed
import DeviceKit
import Foundation
import KioskModel
import Machine
import Synchronization
import Testing
import VirtualWorld

@testable import Links

/// The real libusb, on devices that are not there. umockdev answers for the kernel; so these run in a step of their own
/// (`scripts/test`), where it is loaded into the test program.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: usb_testbed_available(), "umockdev is not loaded: umockdev-wrapper swift test"))
struct USBTests {}

/// A bus where virtual devices are plugged in and out; one in the program.
final class USBBench: Sendable {
    struct Trouble: Error { let what: String }

    static let shared = USBBench()

    // Made once; umockdev has its own lock.
    nonisolated(unsafe) private let bed: OpaquePointer?
    /// Device numbers go round, as the kernel's do.
    private let lastDevice = Mutex(0)

    private init() {
        bed = usb_testbed_new()
        let hub = USBBench.describe(
            path: "/devices/pci0000:00/usb1", port: "usb1", number: 1, speed: 480,
            descriptors: USBBench.hub, serial: nil)
        if let bed { _ = usb_testbed_add(bed, hub) }
    }

    /// A root hub with one port; device and configuration. Source: USB 2.0 11.23.
    private static let hub: [UInt8] = [
        18, 1, 0, 2, 9, 0, 1, 64, 0x6B, 0x1D, 2, 0, 6, 6, 3, 2, 1, 1,
        9, 2, 25, 0, 1, 1, 0, 0xE0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 4, 0, 12,
    ]

    /// libusb must find umockdev's machine when it starts, so the testbed comes first.
    func bus() throws -> USBBus { try USBBus() }

    func plug<Unit>(_ device: VirtualUSBSerial<Unit>, at port: String = "1-2") throws
        -> USBSocket<Unit>
    {
        let socket = USBSocket(device, port: port)
        try plug(socket)
        return socket
    }

    fileprivate func plug<Unit>(_ socket: USBSocket<Unit>) throws {
        let number = lastDevice.withLock { last in
            last = last % Int(USB_TESTBED_NODES) + 1
            return last + 1
        }
        let node = "/dev/bus/usb/001/" + String(String(1000 + number).dropFirst())
        let path = "/devices/pci0000:00/usb1/\(socket.port)"
        let descriptors = socket.device { $0.descriptors }
        let text = USBBench.describe(
            path: path, port: socket.port, number: number, speed: 12,
            descriptors: descriptors.device + descriptors.configuration,
            serial: descriptors.serial)
        guard let bed,
            let handle = usb_testbed_plug(bed, text, "/sys" + path, node, socket.farEnd)
        else { throw Trouble(what: "umockdev took no device at \(node)") }
        socket.handle.withLock { $0 = UInt(bitPattern: handle) }
    }

    fileprivate func forbid<Unit>(_ socket: USBSocket<Unit>) -> Bool {
        guard let bed, let handle = OpaquePointer(bitPattern: socket.handle.withLock { $0 }) else {
            return false
        }
        return usb_testbed_forbid(bed, handle)
    }

    fileprivate func pull<Unit>(_ socket: USBSocket<Unit>) {
        let handle = socket.handle.withLock { handle in
            defer { handle = 0 }
            return OpaquePointer(bitPattern: handle)
        }
        if let bed, let handle { usb_testbed_pull(bed, handle) }
    }

    /// In umockdev's format for devices.
    private static func describe(
        path: String, port: String, number: Int, speed: Int, descriptors: [UInt8], serial: String?
    ) -> String {
        let address = String(String(1000 + number).dropFirst())
        let hex = descriptors.map { USBText.hex($0) }.joined()
        return """
            P: \(path)
            N: bus/usb/001/\(address)
            E: SUBSYSTEM=usb
            E: DEVTYPE=usb_device
            E: BUSNUM=001
            E: DEVNUM=\(address)
            E: DEVNAME=/dev/bus/usb/001/\(address)
            A: busnum=1
            A: devnum=\(number)
            A: bConfigurationValue=1
            A: speed=\(speed)
            \(serial.map { "A: serial=\($0)\n" } ?? "")H: descriptors=\(hex)


            """
    }
}

/// A virtual device in a socket, and what the kernel was asked about it.
final class USBSocket<Unit: VirtualSerialUnit>: Sendable {
    struct Record: Sendable {
        var claimed: [UInt8] = []
        var released: [UInt8] = []
        /// Interfaces that the kernel's driver got back.
        var givenBack: [UInt8] = []
        var resets = 0
        var controls = 0
        var writes = 0
        /// Somebody else holds the interfaces.
        var isBusy = false
        /// The plug comes out at this control request or write.
        var pullAtControl: Int?
        var pullAtWrite: Int?
    }

    private struct State: Sendable {
        var port: VirtualUSBPort<VirtualUSBSerial<Unit>>
        var record = Record()
    }

    let port: String
    fileprivate let handle = Mutex<UInt>(0)
    private let state: Mutex<State>
    private let time = MachineTime()

    fileprivate init(_ device: VirtualUSBSerial<Unit>, port: String) {
        self.port = port
        state = Mutex(State(port: VirtualUSBPort(device)))
    }

    var nowNs: Int64 { time.now.monotonicNs }
    var record: Record { state.withLock { $0.record } }

    /// Looks at the device, or does something to it.
    func device<Result: Sendable>(_ body: (inout VirtualUSBSerial<Unit>) throws -> Result) rethrows
        -> Result
    {
        try state.withLock { try body(&$0.port.device) }
    }

    func kernel(_ body: (inout Record) -> Void) { state.withLock { body(&$0.record) } }

    /// Pulls the plug; what happens to a unit behind the bridge goes on.
    func pull() {
        state.withLock { $0.port.unplug() }
        USBBench.shared.pull(self)
    }

    /// Nobody has a right to the device.
    func forbid() -> Bool { USBBench.shared.forbid(self) }

    /// The same device in a socket again.
    func replug(at port: String? = nil) throws -> USBSocket<Unit> {
        try USBBench.shared.plug(device { $0.replugged() }, at: port ?? self.port)
    }

    // What usbfs hands over

    fileprivate var farEnd: usb_far_end {
        let calls = FarEnd(
            submit: { [self] in submit($0, $1, isControl: $2, $3) },
            reap: { [self] in state.withLock { $0.port.next(at: nowNs) }.map(FarEnd.Finished.init)
            },
            discard: { [self] number in state.withLock { $0.port.cancel(number) } },
            ask: { [self] in ask($0, $1) },
            gone: { [self] in state.withLock { !$0.port.isPlugged } })
        return calls.table
    }

    private func submit(_ number: UInt64, _ endpoint: UInt8, isControl: Bool, _ bytes: [UInt8]) {
        state.withLock { state in
            if isControl {
                state.record.controls += 1
                if state.record.controls == state.record.pullAtControl { state.port.unplug() }
                state.port.submitControl(number, bytes, at: nowNs)
            } else {
                if endpoint & 0x80 == 0 { state.record.writes += 1 }
                state.port.submit(number, endpoint: endpoint, bytes)
                if endpoint & 0x80 == 0, state.record.writes == state.record.pullAtWrite {
                    state.port.unplug()
                }
            }
        }
    }

    /// Source of the numbers: Linux, include/uapi/linux/usbdevice_fs.h.
    private func ask(_ request: UInt8, _ value: UInt32) -> Int32 {
        state.withLock { state in
            guard state.port.isPlugged else { return ENODEV }
            switch request {
            case 0x08: return ENODATA
            case 0x0F, 0x1B:
                if state.record.isBusy { return EBUSY }
                state.record.claimed.append(UInt8(value))
            case 0x10: state.record.released.append(UInt8(value))
            case 0x12: state.record.givenBack.append(UInt8(value))
            case 0x14: state.record.resets += 1
            case 0x15: state.port.device.clearHalt(endpoint: UInt8(value))
            default: return ENOTTY
            }
            return 0
        }
    }
}

/// The calls of one device, as C sees them. Lives as long as the program: libusb may ask about a device that is gone.
private final class FarEnd: Sendable {
    struct Finished {
        let number: UInt64
        let status: Int32
        let bytes: [UInt8]
        let count: Int

        init<Device>(_ finished: VirtualUSBPort<Device>.Finished) {
            (number, bytes, count) = (finished.number, finished.bytes, finished.count)
            // Source: Linux, Documentation/driver-api/usb/error-codes.rst.
            status =
                switch finished.status {
                case .done: 0
                case .stalled: -EPIPE
                case .cancelled: -ENOENT
                case .unplugged: -ESHUTDOWN
                case .overflow: -EOVERFLOW
                case .error: -EPROTO
                }
        }
    }

    let submit: @Sendable (UInt64, UInt8, Bool, [UInt8]) -> Void
    let reap: @Sendable () -> Finished?
    let discard: @Sendable (UInt64) -> Bool
    let ask: @Sendable (UInt8, UInt32) -> Int32
    let gone: @Sendable () -> Bool

    init(
        submit: @escaping @Sendable (UInt64, UInt8, Bool, [UInt8]) -> Void,
        reap: @escaping @Sendable () -> Finished?, discard: @escaping @Sendable (UInt64) -> Bool,
        ask: @escaping @Sendable (UInt8, UInt32) -> Int32, gone: @escaping @Sendable () -> Bool
    ) {
        (self.submit, self.reap, self.discard, self.ask, self.gone) = (
            submit, reap, discard, ask, gone
        )
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> FarEnd {
        guard let context else { preconditionFailure("usbfs: a call without its device") }
        return Unmanaged<FarEnd>.fromOpaque(context).takeUnretainedValue()
    }

    var table: usb_far_end {
        usb_far_end(
            context: Unmanaged.passRetained(self).toOpaque(),
            submit: { context, number, endpoint, isControl, bytes, length in
                let bytes = Array(UnsafeBufferPointer(start: bytes, count: length))
                FarEnd.at(context).submit(number, endpoint, isControl, bytes)
            },
            reap: { context, number, status, bytes, room, actual in
                guard let finished = FarEnd.at(context).reap() else { return false }
                number?.pointee = finished.number
                status?.pointee = finished.status
                actual?.pointee = finished.count
                for (place, byte) in finished.bytes.prefix(room).enumerated() {
                    bytes?[place] = byte
                }
                return true
            },
            discard: { FarEnd.at($0).discard($1) },
            ask: { FarEnd.at($0).ask($1, $2) },
            gone: { FarEnd.at($0).gone() })
    }
}

/// Says back what it hears.
struct EchoUnit: VirtualSerialUnit {
    mutating func receive(_ bytes: [UInt8], at nowNs: Int64) -> [VirtualValidator.Reply] {
        [VirtualValidator.Reply(bytes, atNs: nowNs)]
    }
}

/// Each bridge with its virtual device.
enum USBKind: String, CaseIterable, Sendable {
    case cdc, cdcOnOneInterface, ftdi, cp210x, ch340, pl2303

    /// As a customer finds them: most have no serial number.
    var bridge: any VirtualBridge {
        switch self {
        case .cdc: VirtualCDC()
        case .cdcOnOneInterface: VirtualCDC(oneInterface: true)
        case .ftdi: VirtualFTDI()
        case .cp210x: VirtualCP210x()
        case .ch340: VirtualCH340()
        case .pl2303: VirtualPL2303()
        }
    }

    static let line = SerialSettings(baud: 9600)

    func echo(line: SerialSettings = line) -> VirtualUSBSerial<EchoUnit> {
        VirtualUSBSerial(bridge: bridge, unit: EchoUnit(), line: line)
    }

    var match: BillAcceptorProfile.USBMatch {
        let descriptors = bridge.descriptors
        return BillAcceptorProfile.USBMatch(
            vendor: descriptors.vendor, product: descriptors.product)
    }

    func link(
        _ bus: USBBus, _ selector: USBSelector = .auto, line: SerialSettings = line
    ) -> USBLink {
        USBLink(bus: bus, selector: selector, matches: [match], settings: line)
    }
}

extension USBLink {
    /// Reads until so many bytes are there.
    func collect(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try await read(within: .seconds(5))
            guard !more.isEmpty else { break }
            bytes += more
        }
        return bytes
    }
}

/// Open files of this program; `path` narrows them down.
func openFiles(_ path: String = "") throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { entry in
        let target = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/\(entry)")
        return path.isEmpty || target?.contains(path) == true
    }
}
