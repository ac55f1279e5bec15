import DeviceKit
import KioskModel
import VirtualWorld

@testable import Drivers

/// The whole driver, on virtual time, at a unit that answers what the input says and a host that decides what it says.
@Sendable func fuzzAcceptor(_ input: [UInt8]) {
    let quirks = CCNETQuirk.allCases.enumerated().filter {
        (input.first ?? 0) >> $0.offset & 1 == 1
    }
    let profile = BillAcceptorProfile(
        head: ProfileHead(
            name: "bill-acceptors/fuzzed", driver: "ccnet", make: "Fuzzed", model: "Unit",
            status: .shouldWork, quirks: Set(quirks.map(\.element.rawValue))),
        matches: [], serial: SerialSettings(baud: 9600),
        polling: .init(
            interval: .milliseconds(100), replyTimeout: .milliseconds(100), missedMax: 5,
            initializeTimeout: .seconds(60)),
        currencyCodes: ["CHN", "CNY"],
        notes: [.init(code: 4, value: .yuan(50)), .init(code: 5, value: .yuan(100))],
        identityContains: nil)
    let scheduler = VirtualScheduler(seed: UInt64(input.count))
    do {
        try scheduler.run(stepsMax: 1_000_000) {
            let unit = FuzzedUnit(Array(input.dropFirst()), timekeeper: scheduler)
            let acceptor = CCNETAcceptor(profile: profile, link: unit, timekeeper: scheduler)
            await acceptor.request(.accept([.yuan(50), .yuan(100)]))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await acceptor.run { try await unit.hear($0, from: acceptor) }
                }
                for await _ in unit.ended {}
                group.cancelAll()
            }
        }
    } catch {
        expect(false, "a run ends: \(error)")
    }
}

/// Both ends of the driver: the unit on its line and the host above it, which hold it to the order that money depends on.
private actor FuzzedUnit: ByteLink {
    nonisolated let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation
    private let timekeeper: any Timekeeper
    private var deal: Deal
    /// Bytes 81 that went to the driver; no more notes can have been stacked.
    private var stackedSaid = 0
    private var stackedHeard = 0
    private var mayStack = false
    /// The last credit could not be made durable: the unit must not be allowed to forget it.
    private var mustNotAcknowledge = false

    init(_ input: [UInt8], timekeeper: any Timekeeper) {
        (deal, self.timekeeper) = (Deal(input), timekeeper)
        (ended, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    // The line

    func open() async throws(Fault) { mustNotAcknowledge = false }

    func write(_ bytes: [UInt8]) async throws(Fault) {
        guard case .frame(let frame, let length) = CCNETFrame.piece(of: bytes[...]),
            length == bytes.count
        else { return expect(false, "the driver writes whole frames") }
        expect(
            frame.data != [0x00] || !mustNotAcknowledge,
            "a note whose credit was not recorded is not acknowledged")
        if frame.data == [0x35] { expect(mayStack, "STACK only when the host said so") }
    }

    func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        guard !deal.isOver else {
            end.finish()
            try? await timekeeper.sleep(for: .seconds(3600))
            return []
        }
        let bytes = try answer()
        try? await timekeeper.sleep(for: bytes.isEmpty ? limit : .milliseconds(5))
        stackedSaid += bytes.count { $0 == 0x81 }
        return bytes
    }

    private func answer() throws(Fault) -> [UInt8] {
        let choice = deal.byte()
        switch (choice & 7, choice >> 3) {
        case (0...3, let length): return frame(deal.bytes(1 + Int(length) % 8))
        case (4, let length): return deal.bytes(1 + Int(length))
        case (5, 0):
            return frame(Array("SM-CHN1353     20KC10000123".utf8) + Array(repeating: 0, count: 7))
        case (5, 1): return frame(table + Array(repeating: 0, count: 90))
        case (5, 2): return frame([0x00])
        case (5, let length): return frame(deal.bytes(Int(length)) + [UInt8(length)])
        case (6, _): return []
        default:
            throw Fault(
                .communication, .maintenance, operation: "read link", expected: "a device",
                got: "got none", remedy: "Plug it in.")
        }
    }

    /// Types 0 to 5 are 1, 5, 10, 20, 50 and 100 yuan.
    private var table: [UInt8] {
        [(1, 0), (5, 0), (1, 1), (2, 1), (5, 1), (1, 2)].flatMap {
            (digits: UInt8, zeros: UInt8) in [digits] + Array("CHN".utf8) + [zeros]
        }
    }

    private func frame(_ data: [UInt8]) -> [UInt8] {
        data.isEmpty ? [] : CCNETFrame(data: data).bytes
    }

    func discardInput() async throws(Fault) {}
    func close() async {}

    // The host

    private struct Unrecorded: Error {}

    func hear(_ event: AcceptorEvent, from acceptor: CCNETAcceptor) async throws {
        expectSentence(event.transcriptText, about: [])
        let choice = deal.byte()
        if choice & 7 == 7 {
            if case .stacked = event { mustNotAcknowledge = true }
            throw Unrecorded()
        }
        switch event {
        case .escrowed(let value):
            expect(
                [.yuan(50), .yuan(100)].contains(value), "only notes of the profile are offered")
            mayStack = choice & 1 == 1
            if choice & 3 != 0 { await acceptor.request(mayStack ? .stack : .returnNote) }
        case .stacked:
            stackedHeard += 1
            expect(stackedHeard <= stackedSaid, "a note is stacked when the unit says so")
            mayStack = false
        case .returned: mayStack = false
        case .lost(let fault):
            expectSentence("\(fault)", about: [])
            mayStack = false
        case .identified, .connected, .accepting, .refused, .conditions, .ready: break
        }
        if choice & 0xF8 == 0x88 {
            await acceptor.request(.accept(choice & 1 == 1 ? [] : [.yuan(50)]))
        }
    }
}
