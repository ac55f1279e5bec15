import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// SSP units that misbehave without end: the driver says so once, and stays.
struct SSPBabblingUnitTests {
    /// Answers every command, and each POLL with the same events.
    private actor Stuck: ByteLink {
        private let events: [UInt8]
        private let timekeeper: any Timekeeper
        private var answer: [UInt8] = []
        private(set) var enables = 0

        init(_ events: [UInt8], timekeeper: any Timekeeper) {
            (self.events, self.timekeeper) = (events, timekeeper)
        }
        func open() async throws(Fault) {}
        func discardInput() async throws(Fault) { answer = [] }
        func close() async {}
        func write(_ bytes: [UInt8]) async throws(Fault) {
            let data: [UInt8]
            switch bytes[3] {
            case 0x05: data = [0xF0] + SSPBytes.setup
            case 0x07: data = [0xF0] + events
            case 0x0C: data = [0xF0, 0, 0, 0, 1]
            case 0x18: data = [0xF8]
            default: data = [0xF0]
            }
            answer = SSPBytes.frame(bytes[1], data)
        }
        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            try? await timekeeper.sleep(for: answer.isEmpty ? limit : .milliseconds(2))
            defer { answer = [] }
            return answer
        }
    }

    /// Answers everything with random bytes, most of them whole packets with the right sequence bit.
    private actor Babble: ByteLink {
        private var dice: SplitMix64
        private var head: UInt8 = 0
        private let timekeeper: any Timekeeper
        init(seed: UInt64, timekeeper: any Timekeeper) {
            (dice, self.timekeeper) = (SplitMix64(seed: seed), timekeeper)
        }
        func open() async throws(Fault) {}
        func write(_ bytes: [UInt8]) async throws(Fault) { head = bytes[1] }
        func discardInput() async throws(Fault) {}
        func close() async {}
        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            try? await timekeeper.sleep(for: .milliseconds(1 + dice.below(30)))
            if dice.happens(0.02) {
                throw Fault(
                    .communication, .reset, operation: "read link", expected: "bytes", got: "none",
                    remedy: "Wait.")
            }
            let random = (0..<dice.below(6)).map { _ in UInt8(dice.below(256)) }
            if dice.happens(0.1) { return SSPBytes.frame(head, [0xF0] + SSPBytes.setup) }
            return dice.happens(0.7)
                ? SSPBytes.frame(head, [dice.happens(0.8) ? 0xF0 : 0xF8] + random) : random
        }
    }

    private static func run(
        _ unit: String = "itl-nv9usb", seconds: Int = 1800, seed: UInt64 = 1,
        _ makeLink: @escaping @Sendable (VirtualScheduler) -> any ByteLink
    ) throws -> [String] {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/\(unit)"))
        let make = try #require(Drivers.all.billAcceptors["ssp"])
        let scheduler = VirtualScheduler(seed: seed)
        return try scheduler.run {
            let acceptor = make(profile, makeLink(scheduler), scheduler)
            let witness = Witness(acceptor: acceptor)
            await acceptor.request(.accept([.yuan(50)]))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await acceptor.run { try await witness.hear($0) } }
                try? await scheduler.sleep(for: .seconds(seconds))
                group.cancelAll()
            }
            return await witness.events
        }
    }

    @Test(arguments: ["itl-nv9usb", "itl-nv200"], 1...5 as ClosedRange<UInt64>)
    func `random bytes never end the driver`(_ unit: String, _ seed: UInt64) throws {
        _ = try Self.run(unit, seconds: 300, seed: seed) { Babble(seed: seed, timekeeper: $0) }
    }

    @Test(
        arguments: [
            ([0xEF, 0x00], "accepting"), ([0xCC], "stacking"), ([0xED], "rejecting"),
            ([0xE8], "enable notes"), ([0xB6], "initialize"),
        ] as [([UInt8], String)])
    func `a state that never ends is a fault, told once`(_ events: [UInt8], _ operation: String)
        throws
    {
        let heard = try Self.run { Stuck(events, timekeeper: $0) }

        #expect(heard.filter { $0 == "fault hardware: \(operation)" }.count == 1, "\(heard)")
        #expect(heard.filter { $0.hasPrefix("connected") }.count == 1, "\(heard)")
    }

    @Test(arguments: [[], [0xE9, 0xE8], [0xE7, 0xE8], [0xE3, 0xE8], [0x7E]] as [[UInt8]])
    func `a state that may last is no fault`(_ events: [UInt8]) throws {
        let heard = try Self.run { Stuck(events, timekeeper: $0) }

        #expect(!heard.contains { $0.hasPrefix("fault") }, "\(heard)")
    }

    @Test func `one credit that is said for ever is one note`() throws {
        let heard = try Self.run { Stuck([0xEE, 0x05, 0xEB], timekeeper: $0) }

        #expect(heard.count { $0 == "stacked 50.00 CNY" } == 1, "\(heard)")
    }
}

/// Bytes of a unit, made apart from the driver's own codec.
enum SSPBytes {
    /// Channels 1 to 6 are 1, 5, 10, 20, 50 and 100 yuan.
    static let setup: [UInt8] =
        [0] + Array("0441CNY".utf8) + [0, 0, 0, 6, 1, 5, 10, 20, 50, 100]
        + [UInt8](repeating: 2, count: 6) + [0, 0, 100, 8]
        + (0..<6).flatMap { _ in Array("CNY".utf8) }
        + ([1, 5, 10, 20, 50, 100] as [UInt8]).flatMap { [$0, 0, 0, 0] }

    static func frame(_ head: UInt8, _ data: [UInt8]) -> [UInt8] {
        let body = [head, UInt8(data.count)] + data
        var crc: UInt32 = 0xFFFF
        for byte in body {
            for bit in (0..<8).reversed() {
                let carry = crc >> 15 ^ UInt32(byte >> UInt8(bit)) & 1
                crc = (crc << 1 ^ (carry & 1 == 1 ? 0x8005 : 0)) & 0xFFFF
            }
        }
        return [0x7F]
            + (body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]).flatMap {
                $0 == 0x7F ? [$0, $0] : [$0]
            }
    }
}
