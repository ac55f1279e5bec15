internal import CLibUSB
public import DeviceKit
public import KioskModel

/// A serial line behind a USB bridge, or a unit that is a USB serial device itself, spoken to through libusb.
///
/// The device is looked for anew at each `open`, so it may come back at another port. All of its work runs on the bus's
/// one thread and never waits there; a cancelled `read` returns at once, empty.
public actor USBLink: ByteLink {
    /// How much one `read` returns at most.
    private static let readMax = 4096
    /// How long `open` waits for a device that is not there: one that is being plugged in is taken at once.
    private static let arrivalLimit: Duration = .seconds(1)
    /// A bridge that knows no purge has sent what it held when it is silent for so long.
    private static let settleSilence: Duration = .milliseconds(20)
    /// A device that never falls silent is not waited for.
    private static let settleLimit: Duration = .milliseconds(500)
    /// Stalls of one write until the device counts as lost.
    private static let stallsMax = 3

    private let search: USBSearch
    private let settings: SerialSettings
    private let thread: USBThread
    private var connection: USBConnection?
    private var binding: USBSearch.Binding?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - selector: as configured; without numbers of its own it takes what `matches` names.
    ///   - matches: the USB devices that the profile knows.
    public init(
        bus: USBBus, selector: USBSelector, matches: [BillAcceptorProfile.USBMatch],
        settings: SerialSettings
    ) {
        search = USBSearch(
            matches: selector.match.map { [$0] } ?? matches, port: selector.port)
        (thread, self.settings) = (bus.thread, settings)
    }

    deinit {
        guard let connection else { return }
        thread.perform { connection.close() }
    }

    public func open() async throws(Fault) {
        await close()
        let opened = try await connect()
        do throws(Fault) {
            try await setUp(opened)
        } catch {
            await end(opened)
            throw error
        }
        connection = opened
    }

    public func write(_ bytes: [UInt8]) async throws(Fault) {
        let connection = try opened("write to USB device")
        var (sent, stalls) = (0, 0)
        while sent < bytes.count {
            let rest = Array(bytes[sent...])
            let outcome = await withCheckedContinuation { result in
                connection.write(rest) { result.resume(returning: $0) }
            }
            switch outcome {
            case .done(let count): sent += count
            case .failed(let fault): throw fault
            case .stalled:
                stalls += 1
                guard stalls <= USBLink.stallsMax else {
                    throw connection.faults.troubled(
                        "write to USB device", "\(stalls) stalls in a row")
                }
                connection.clearOutputHalt()
            }
        }
    }

    public func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        let connection = try opened("read from USB device")
        if !connection.hasNews, !Task.isCancelled, limit > .zero {
            await news(connection, within: limit)
        }
        return try connection.take(atMost: USBLink.readMax)
    }

    public func discardInput() async throws(Fault) {
        try opened("discard input").discard()
    }

    public func close() async {
        guard let connection else { return }
        self.connection = nil
        for control in connection.fit.bridge.closing {
            // It is given back in any case.
            guard case .done = await run(control, on: connection) else { break }
        }
        await end(connection)
    }

    private func opened(_ operation: String) throws(Fault) -> USBConnection {
        guard let connection else { throw USBFaults("the device").notOpen(operation) }
        return connection
    }

    private func end(_ connection: USBConnection) async {
        await withCheckedContinuation { result in connection.close { result.resume() } }
    }

    /// Finds the device, waiting a moment for one that is not there.
    private func connect() async throws(Fault) -> USBConnection {
        if search.fitting(present().map(\.candidate)).isEmpty, !Task.isCancelled {
            await withCheckedContinuation { result in
                thread.loop.atArrival(within: USBLink.arrivalLimit) { result.resume() }
            }
        }
        let devices = present()
        let chosen = try search.choose(among: devices.map(\.candidate), after: binding)
        let device = devices[chosen.place]
        let fit = try USBFit(device.description, kind: chosen.match.bridge)
        let connection = try USBConnection(device, fit: fit, loop: thread.loop)
        binding = USBSearch.Binding(port: device.description.port, serial: device.serial)
        return connection
    }

    private func present() -> [USBListing.Device] {
        USBListing.devices(thread.loop.context) { search.wants($0, $1) }
    }

    /// Line settings and purge before the first byte; then the read that is always pending.
    private func setUp(_ connection: USBConnection) async throws(Fault) {
        for control in try connection.fit.bridge.opening(settings) {
            switch await run(control, on: connection) {
            case .done: continue
            case .stalled where control.optional: continue
            case .stalled: throw connection.faults.setting(control, "a refusal (stall)")
            case .failed(let fault): throw fault
            }
        }
        connection.startReading()
        if connection.fit.bridge.purging.isEmpty { try await settle(connection) }
    }

    /// Reads and drops what the bridge still held.
    private func settle(_ connection: USBConnection) async throws(Fault) {
        let deadline = ContinuousClock.now + USBLink.settleLimit
        repeat {
            await news(connection, within: USBLink.settleSilence)
        } while try !connection.take(atMost: USBConnection.receivedMax).isEmpty
            && ContinuousClock.now < deadline
    }

    private func run(_ control: USBControl, on connection: USBConnection) async
        -> USBConnection.Outcome
    {
        await withCheckedContinuation { result in
            connection.control(control) { result.resume(returning: $0) }
        }
    }

    /// Until there are bytes or an end, the time is over, or the task is cancelled.
    private func news(_ connection: USBConnection, within limit: Duration) async {
        let ticket = connection.nextTicket
        await withTaskCancellationHandler {
            // A closure that does not name the actor would run on another thread.
            await self.wait(for: connection, within: limit)
        } onCancel: {
            thread.perform { connection.wakeReader(ticket) }
        }
    }

    private func wait(for connection: USBConnection, within limit: Duration) async {
        await withCheckedContinuation { result in
            connection.awaitNews(within: limit) { result.resume() }
        }
    }
}
