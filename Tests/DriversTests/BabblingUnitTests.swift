import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// Units that misbehave without end: the driver says so once, and stays.
struct BabblingUnitTests {
    /// Answers everything with random bytes, some of them whole frames with random data.
    private actor Babble: ByteLink {
        private var dice: SplitMix64
        private let timekeeper: any Timekeeper
        init(seed: UInt64, timekeeper: any Timekeeper) {
            (dice, self.timekeeper) = (SplitMix64(seed: seed), timekeeper)
        }
        func open() async throws(Fault) {}
        func write(_ bytes: [UInt8]) async throws(Fault) {}
        func discardInput() async throws(Fault) {}
        func close() async {}
        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            try? await timekeeper.sleep(for: .milliseconds(1 + dice.below(30)))
            if dice.happens(0.05) {
                throw Fault(
                    .communication, .reset, operation: "read link", expected: "bytes", got: "none",
                    remedy: "Wait.")
            }
            let data = (0..<1 + dice.below(6)).map { _ in UInt8(dice.below(256)) }
            return dice.happens(0.7) ? CCNETBytes.frame(data) : data
        }
    }

    /// Answers as a unit that never leaves one state.
    private actor Stuck: ByteLink {
        private let status: [UInt8]
        private let timekeeper: any Timekeeper
        private var answer: [UInt8] = []
        private(set) var writes = 0
        init(status: [UInt8], timekeeper: any Timekeeper) {
            (self.status, self.timekeeper) = (status, timekeeper)
        }
        func open() async throws(Fault) {}
        func discardInput() async throws(Fault) {}
        func close() async {}
        func write(_ bytes: [UInt8]) async throws(Fault) {
            writes += 1
            switch bytes[3] {
            case 0x00: answer = []
            case 0x33: answer = CCNETBytes.frame(status)
            case 0x37: answer = CCNETBytes.frame(CCNETBytes.identification)
            case 0x41: answer = CCNETBytes.frame(CCNETBytes.noteTable)
            default: answer = CCNETBytes.frame([0x00])
            }
        }
        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            if answer.isEmpty { try? await timekeeper.sleep(for: limit) }
            defer { answer = [] }
            return answer
        }
    }

    /// Runs the SM's driver on a link for so many seconds of virtual time.
    private static func run(
        seconds: Int = 3600, seed: UInt64 = 1, accept: [Money] = [.yuan(50)],
        _ makeLink: @escaping @Sendable (VirtualScheduler) -> any ByteLink
    ) throws -> [String] {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/cashcode-sm"))
        let make = try #require(Drivers.all.billAcceptors["ccnet"])
        let scheduler = VirtualScheduler(seed: seed)
        return try scheduler.run {
            let acceptor = make(profile, makeLink(scheduler), scheduler)
            let witness = Witness(acceptor: acceptor)
            await acceptor.request(.accept(accept))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await acceptor.run { try await witness.hear($0) } }
                try? await scheduler.sleep(for: .seconds(seconds))
                group.cancelAll()
            }
            return await witness.events
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `random bytes never end the driver`(_ seed: UInt64) throws {
        _ = try Self.run(seconds: 600, seed: seed) { Babble(seed: seed, timekeeper: $0) }
    }

    @Test(
        arguments: [
            ([0x15], "accepting"), ([0x17], "stacking"), ([0x18], "returning"),
            ([0x13], "initialize"),
            ([0x1C, 0x65], "rejecting"), ([0x1A], "holding"), ([0x80, 0x04], "escrow"),
            ([0x1B, 0x01], "busy"), ([0x19], "enable notes"),
        ] as [([UInt8], String)])
    func `a state that never ends is a fault, told once`(_ status: [UInt8], _ operation: String)
        throws
    {
        let events = try Self.run { Stuck(status: status, timekeeper: $0) }

        #expect(events.filter { $0 == "fault hardware: \(operation)" }.count == 1, "\(events)")
        #expect(events.filter { $0.hasPrefix("connected") }.count == 1, "\(events)")
    }

    @Test func `a unit that is never out of power-up is reset a few times a minute, not more`()
        throws
    {
        let events = try Self.run { Stuck(status: [0x10], timekeeper: $0) }

        #expect(events.contains("fault hardware: reset"), "\(events)")
        #expect(events.count < 1500)
    }

    @Test(arguments: [[0x14], [0x43], [0x47, 0x50], [0x42], [0x7E]] as [[UInt8]])
    func `a state that may last is no fault`(_ status: [UInt8]) throws {
        let accept: [Money] = status == [0x14] ? [.yuan(50)] : []
        let events = try Self.run(accept: accept) { Stuck(status: status, timekeeper: $0) }

        #expect(
            status == [0x14] || !events.contains { $0.hasPrefix("fault") }, "\(events)")
        #expect(!events.contains("stacked 50.00 CNY"))
    }
}

/// Bytes of a unit, made apart from the driver's own codec.
enum CCNETBytes {
    static let identification = Array("SM-CHN1353     20KC10000123".utf8) + [0, 0, 0, 0, 0, 0, 1]
    /// Types 0 to 5 are 1, 5, 10, 20, 50 and 100 yuan.
    static let noteTable: [UInt8] =
        [(1, 0), (5, 0), (1, 1), (2, 1), (5, 1), (1, 2)].flatMap {
            (digits: UInt8, zeros: UInt8) in [digits] + Array("CHN".utf8) + [zeros]
        } + [UInt8](repeating: 0, count: 90)

    static func frame(_ data: [UInt8]) -> [UInt8] {
        let body = [0x02, 0x03, UInt8(data.count + 5)] + data
        var crc: UInt16 = 0
        for byte in body {
            for bit in 0..<8 {
                let mixed = (crc ^ UInt16(byte >> UInt8(bit))) & 1
                crc = crc >> 1
                if mixed == 1 { crc ^= 0x8408 }
            }
        }
        return body + [UInt8(truncatingIfNeeded: crc), UInt8(crc >> 8)]
    }
}
