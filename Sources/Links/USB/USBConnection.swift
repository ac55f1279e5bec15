internal import CLibUSB
internal import KioskModel

/// An open device: its interfaces claimed, one read always pending, what came kept until somebody takes it.
///
/// `@unchecked Sendable`: created and touched by the USB thread alone; links only carry it there.
final class USBConnection: @unchecked Sendable {
    /// Bytes that may wait unread. An acceptor's longest answer has 255; a device that sends so many is none.
    static let receivedMax = 16_384
    /// Transfers in a row that end with a stall or an error until the device counts as lost.
    private static let troublesMax = 3
    /// Before a failed transfer is tried again.
    private static let troublePause: Duration = .milliseconds(10)
    static let controlLimit: Duration = .seconds(1)
    /// How long a device may refuse to take bytes until it counts as gone.
    static let writeLimit: Duration = .seconds(2)
    /// libusb gives every transfer back; this is for the kernel that does not.
    private static let closeLimit: Duration = .seconds(2)

    enum Outcome: Sendable {
        case done(count: Int)
        case stalled
        case failed(Fault)
    }

    let device: OpaquePointer
    let fit: USBFit
    let faults: USBFaults
    private let loop: USBLoop
    private let handle: OpaquePointer
    private var claimed: [UInt8] = []

    private var received: [UInt8] = []
    /// Why nothing more comes.
    private var ending: Fault?
    private var input: USBTransfer?
    private var troubles = 0
    /// Transfers that libusb holds; the handle must outlive them.
    private var outstanding = 0
    private var reader: (ticket: Int, timer: Int, wake: () -> Void)?
    private var lastTicket = 0
    private var isClosing = false
    private var closers: [() -> Void] = []

    /// Opens the device and takes its interfaces from the kernel's driver, which gets them back at the end.
    ///
    /// - Throws: no right, somebody else's, gone.
    init(_ found: USBListing.Device, fit: USBFit, loop: USBLoop) throws(Fault) {
        (device, self.fit, self.loop) = (found.pointer, fit, loop)
        faults = USBFaults(found.description.name)
        var handle: OpaquePointer?
        let code = libusb_open(found.pointer, &handle)
        guard code == 0, let handle else { throw faults.opening(code) }
        self.handle = handle
        // Not on every system; where it is not, there is no driver to take it from.
        libusb_set_auto_detach_kernel_driver(handle, 1)
        for interface in fit.interfaces {
            let code = libusb_claim_interface(handle, Int32(interface))
            guard code == 0 else {
                release()
                throw faults.claiming(interface, code)
            }
            claimed.append(interface)
        }
        loop.add(self)
    }

    /// From now on a read is always pending.
    func startReading() {
        let size = fit.packetSize * fit.bridge.packetsPerRead
        let transfer = USBTransfer.bulk(
            handle, endpoint: fit.input, bytes: [UInt8](repeating: 0, count: size), limitMs: 0)
        input = transfer
        receive()
    }

    // Reading

    var hasNews: Bool { !received.isEmpty || ending != nil }

    /// Calls once: at the next bytes, at the end of the connection, at `wakeReader`, or when the time is over.
    func awaitNews(within limit: Duration, _ wake: @escaping () -> Void) {
        wakeReader(reader?.ticket)
        let ticket = nextTicket
        lastTicket = ticket
        let timer = loop.after(limit) { [weak self] in self?.wakeReader(ticket) }
        reader = (ticket, timer, wake)
    }

    /// The number of the wait that begins next.
    var nextTicket: Int { lastTicket + 1 }

    func wakeReader(_ ticket: Int?) {
        guard let waiting = reader, waiting.ticket == ticket else { return }
        reader = nil
        loop.cancel(timer: waiting.timer)
        waiting.wake()
    }

    /// What came, at most so many bytes; the reason of the end after the last of them.
    func take(atMost count: Int) throws(Fault) -> [UInt8] {
        loop.checkThread()
        guard received.isEmpty else {
            let taken = Array(received.prefix(count))
            received.removeFirst(taken.count)
            return taken
        }
        if let ending { throw ending }
        return []
    }

    func discard() { received = [] }

    private func receive() {
        guard let input, ending == nil, !isClosing else { return }
        let error = submit(input) { [self] status, count in came(status, count) }
        if let error { end(fault("read from USB device", error)) }
    }

    private func came(_ status: libusb_transfer_status, _ count: Int) {
        guard let input, !isClosing else { return }
        // A transfer that failed may have brought bytes before.
        keep(fit.bridge.bytes(in: input.bytes(count)))
        switch status {
        case LIBUSB_TRANSFER_COMPLETED, LIBUSB_TRANSFER_TIMED_OUT:
            troubles = 0
            receive()
        case LIBUSB_TRANSFER_STALL: retry("stalls") { [self] in clearHalt(fit.input) }
        case LIBUSB_TRANSFER_ERROR: retry("transfer errors") {}
        case LIBUSB_TRANSFER_NO_DEVICE: pulled()
        default: end(faults.troubled("read from USB device", "more bytes than a packet holds"))
        }
    }

    private func keep(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, ending == nil else { return }
        guard received.count + bytes.count <= USBConnection.receivedMax else {
            return end(faults.flood(USBConnection.receivedMax))
        }
        received += bytes
        wakeReader(reader?.ticket)
    }

    /// Not from inside libusb's callback, and not at once: an unplugged device first fails and only then is gone.
    private func retry(_ what: String, _ cure: @escaping () -> Void) {
        troubles += 1
        guard troubles <= USBConnection.troublesMax else {
            return end(faults.troubled("read from USB device", "\(troubles) \(what) in a row"))
        }
        _ = loop.after(USBConnection.troublePause) { [weak self] in
            guard let self, ending == nil, !isClosing else { return }
            cure()
            receive()
        }
    }

    private func clearHalt(_ endpoint: UInt8) { libusb_clear_halt(handle, endpoint) }

    // Writing

    func write(_ bytes: [UInt8], _ done: @escaping (Outcome) -> Void) {
        let limit = USBConnection.writeLimit
        let transfer = USBTransfer.bulk(
            handle, endpoint: fit.output, bytes: bytes,
            limitMs: UInt32(limit.components.seconds) * 1000)
        run(transfer, "write to USB device", late: faults.stuck(limit), done)
    }

    /// A stalled endpoint takes bytes again after this.
    func clearOutputHalt() { clearHalt(fit.output) }

    func control(_ control: USBControl, _ done: @escaping (Outcome) -> Void) {
        let limit = USBConnection.controlLimit
        let transfer = USBTransfer.control(
            handle, control, limitMs: UInt32(limit.components.seconds) * 1000)
        let late = faults.setting(control, "no answer within \(limit)")
        run(transfer, "set USB line", late: late, done)
    }

    private func run(
        _ transfer: USBTransfer, _ operation: String, late: Fault,
        _ done: @escaping (Outcome) -> Void
    ) {
        if let ending { return done(.failed(ending)) }
        if isClosing { return done(.failed(faults.notOpen(operation))) }
        let error = submit(transfer) { [self] status, count in
            switch status {
            case LIBUSB_TRANSFER_COMPLETED: done(.done(count: count))
            case LIBUSB_TRANSFER_STALL: done(.stalled)
            case LIBUSB_TRANSFER_TIMED_OUT: done(.failed(late))
            case LIBUSB_TRANSFER_NO_DEVICE:
                pulled()
                done(.failed(faults.gone(operation)))
            default: done(.failed(ending ?? faults.troubled(operation, "a transfer error")))
            }
        }
        if let error { done(.failed(fault(operation, error))) }
    }

    private func submit(_ transfer: USBTransfer, _ done: @escaping USBTransfer.Done)
        -> libusb_error?
    {
        loop.checkThread()
        let error = transfer.submit { [self] status, count in
            outstanding -= 1
            done(status, count)
            // Not here: libusb calls back with its list of open devices locked, and closing changes that list.
            if isClosing, outstanding == 0 { _ = loop.after(.zero) { [self] in release() } }
        }
        if error == nil { outstanding += 1 }
        return error
    }

    // The end

    /// The plug is out. Transfers come back by themselves.
    func pulled() { end(faults.gone("read from USB device")) }

    private func end(_ fault: Fault) {
        guard ending == nil else { return }
        ending = fault
        wakeReader(reader?.ticket)
    }

    private func fault(_ operation: String, _ error: libusb_error) -> Fault {
        error == LIBUSB_ERROR_NO_DEVICE
            ? faults.gone(operation)
            : faults.troubled(operation, USBFaults.text(error.rawValue))
    }

    /// Takes the transfers back, then gives the interfaces to the kernel's driver and closes.
    func close(_ done: @escaping () -> Void = {}) {
        if ending == nil { ending = faults.notOpen("read from USB device") }
        wakeReader(reader?.ticket)
        guard !claimed.isEmpty else { return done() }
        closers.append(done)
        guard !isClosing else { return }
        isClosing = true
        guard outstanding > 0 else { return release() }
        input?.cancel()
        _ = loop.after(USBConnection.closeLimit) { [weak self] in self?.tellClosers() }
    }

    private func release() {
        for interface in claimed { libusb_release_interface(handle, Int32(interface)) }
        claimed = []
        libusb_close(handle)
        input = nil
        loop.remove(self)
        tellClosers()
    }

    private func tellClosers() {
        let waiting = closers
        closers = []
        for closer in waiting { closer() }
    }
}
