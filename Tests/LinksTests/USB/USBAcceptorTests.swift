import DeviceKit
import Drivers
import Foundation
import KioskModel
import Machine
import Synchronization
import Testing
import VirtualWorld

@testable import Links

extension USBTests {
    /// A CCNET acceptor behind each bridge: the real driver, our link, the real libusb, a virtual validator.
    struct Acceptors {
        @Test(arguments: USBKind.allCases)
        func `a note is identified, held and stacked`(kind: USBKind) async throws {
            try await AcceptorBench.run(kind) { bench in
                try await bench.untilReady()
                try bench.say("notes 50")
                try await bench.until("the note is held") { $0.contains(.escrowed(.yuan(50))) }

                await bench.acceptor.request(.stack)

                try await bench.until("it is credited") { $0.contains(.stacked(.yuan(50))) }
                #expect(bench.truth.cassette == [5000: 1])
                #expect(
                    bench.events.contains {
                        if case .identified(let identity, _) = $0 {
                            !identity.model.isEmpty
                        } else {
                            false
                        }
                    })
            }
        }

        @Test(arguments: USBKind.allCases)
        func `a note goes back when it is not wanted`(kind: USBKind) async throws {
            try await AcceptorBench.run(kind) { bench in
                try await bench.untilReady()
                try bench.say("notes 20")
                try await bench.until("the note is held") { $0.contains(.escrowed(.yuan(20))) }

                await bench.acceptor.request(.returnNote)

                try await bench.until("it is back") { $0.contains(.returned) }
                #expect(bench.truth.returned == [2000: 1])
            }
        }

        /// `USB_PLUGS` sets how many; `make test` has time for some.
        @Test(arguments: USBKind.allCases)
        func `unplugged and replugged at random moments, every note is counted once`(
            kind: USBKind
        ) async throws {
            let plugs = ProcessInfo.processInfo.environment["USB_PLUGS"].flatMap(Int.init) ?? 12
            var dice = SplitMix64(seed: 7)
            let moments = (0..<plugs).map { _ in (Int(dice.next() % 250), Int(dice.next() % 20)) }
            try await AcceptorBench.run(kind) { bench in
                try await bench.untilReady()
                let files = try openFiles()
                for (plug, moment) in moments.enumerated() {
                    try bench.say("notes 10")
                    try await MachineWait.milliseconds(moment.0)
                    bench.pull()
                    try await MachineWait.milliseconds(moment.1)
                    try bench.replug(at: plug % 3 == 0 ? "1-4" : "1-2")
                    try await bench.untilBack()
                }
                try await bench.until("all notes are settled") { _ in
                    bench.truth.atSlot.isEmpty && bench.truth.inPath.isEmpty
                        && bench.credited == bench.truth.cassette[1000] ?? 0
                }

                #expect(bench.truth.offered == plugs)
                #expect(bench.resets == 0)
                #expect(try openFiles() <= files + 1)
            }
            #expect(try openFiles("/dev/bus/usb/") == 0)
        }
    }
}

/// A driver at one end, a virtual validator behind a USB bridge at the other; every held note is taken.
private final class AcceptorBench: Sendable {
    struct State: Sendable {
        var events: [AcceptorEvent] = []
        var sockets: [USBSocket<VirtualValidator>] = []
    }

    let acceptor: any BillAcceptor
    private let state: Mutex<State>

    private init(_ kind: USBKind, bus: USBBus) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let profiles = try ProfileSet.load(
            directory: folder.appending(path: "devices").path, drivers: Drivers.all)
        var profile = try #require(profiles.billAcceptor("bill-acceptors/cashcode-sm"))
        profile.matches = [kind.match]
        profile.polling.interval = .milliseconds(20)
        let make = try #require(Drivers.all.billAcceptors[profile.head.driver])
        let link = USBLink(
            bus: bus, selector: .auto, matches: profile.matches, settings: profile.serial)
        acceptor = make(profile, link, HastyTime())
        let device = VirtualUSBSerial(
            bridge: kind.bridge,
            unit: VirtualValidator(timing: .brisk, atNs: MachineTime().now.monotonicNs),
            line: profile.serial)
        state = Mutex(State(sockets: [try USBBench.shared.plug(device)]))
    }

    static func run(_ kind: USBKind, _ body: @Sendable (AcceptorBench) async throws -> Void)
        async throws
    {
        let bench = try AcceptorBench(kind, bus: USBBench.shared.bus())
        defer { bench.pull() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bench.acceptor.run { await bench.hear($0) } }
            defer { group.cancelAll() }
            try await body(bench)
        }
    }

    private func hear(_ event: AcceptorEvent) async {
        state.withLock { $0.events.append(event) }
        if case .escrowed(.yuan(10)) = event { await acceptor.request(.stack) }
    }

    var events: [AcceptorEvent] { state.withLock { $0.events } }
    var truth: ValidatorTruth { socket.device { $0.unit.truth(at: socket.nowNs) } }
    var credited: Int { events.count { $0 == .stacked(.yuan(10)) } }
    var resets: Int { state.withLock { $0.sockets.reduce(0) { $0 + $1.record.resets } } }

    private var socket: USBSocket<VirtualValidator> {
        state.withLock { $0.sockets[$0.sockets.count - 1] }
    }

    func say(_ words: String) throws {
        let nowNs = socket.nowNs
        _ = try socket.device { try $0.unit.say(words, at: nowNs) }
    }

    func pull() { socket.pull() }

    func replug(at port: String) throws {
        let again = try socket.replug(at: port)
        state.withLock { $0.sockets = [again] }
    }

    func untilReady() async throws {
        await acceptor.request(.accept([1, 5, 10, 20, 50, 100].map { Money.yuan($0) }))
        try await until("the unit waits for notes") { $0.contains(.ready(true)) }
    }

    /// The driver noticed the loss, if it was there to be noticed, and speaks to the unit again.
    func untilBack() async throws {
        try await until("the unit is back") { events in
            guard let lost = events.lastIndex(where: { if case .lost = $0 { true } else { false } })
            else { return true }
            return events[lost...].contains { if case .connected = $0 { true } else { false } }
        }
    }

    /// Patience begins anew with each event: a queue of notes may take long on a busy machine, silence may not.
    func until(_ what: String, _ isSo: @Sendable ([AcceptorEvent]) -> Bool) async throws {
        var (heard, end) = (-1, ContinuousClock.now)
        while true {
            let events = events
            if isSo(events) { return }
            if events.count > heard {
                (heard, end) = (events.count, ContinuousClock.now + .seconds(60))
            }
            guard ContinuousClock.now < end else {
                Issue.record("waited for: \(what); heard \(events.suffix(12)); truth \(truth.json)")
                throw CancellationError()
            }
            try await MachineWait.milliseconds(5)
        }
    }
}

/// The machine's time for a driver that must not pause: after a loss it would wait for seconds.
private struct HastyTime: Timekeeper {
    private let machine = MachineTime()
    var now: Timestamp { machine.now }
    func sleep(for duration: Duration) async throws {
        try await machine.sleep(for: min(duration, .milliseconds(50)))
    }
}

extension ValidatorTiming {
    /// Motions a tenth as long, so that a test lasts no minute; the line's limits are those of a busy machine.
    static let brisk: ValidatorTiming = {
        var timing = ValidatorTiming.pseudoTerminal
        timing.drawIn = .milliseconds(20)
        timing.accept = .milliseconds(60)
        timing.stack = .milliseconds(60)
        timing.stackerReached = .milliseconds(30)
        timing.giveBack = .milliseconds(60)
        timing.initialize = .milliseconds(100)
        timing.boot = .milliseconds(20)
        return timing
    }()
}
