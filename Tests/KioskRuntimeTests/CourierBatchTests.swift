import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import KioskRuntime

struct CourierBatchTests {
    private static let rating = Entry.rated(session: SessionID(1), stars: 5)
    private static let alarm = Entry.alarmCleared(alarm: AlarmKey(.paperOut, "printer/0"))

    @Test func `everything reaches the office once and in order, money first`() throws {
        try CourierBench().run { bench in
            try bench.append(Self.rating, Self.alarm, .cassetteRemoved)

            try await bench.advance(.seconds(5))

            #expect(await bench.office.arrivals.map(\.lane) == [.money, .alarms, .telemetry])
            #expect(await bench.office.seqs(.money) == [1, 2])
            #expect(try bench.acked(.money) == 2)
            #expect(await bench.heard.news == [.reachable])
        }
    }

    @Test func `an entry written later is sent without waiting`() throws {
        try CourierBench().run { bench in
            try await bench.advance(.seconds(10))
            let before = bench.time.nowNs

            try bench.append(.cassetteRemoved)
            try await bench.advance(.milliseconds(100))

            let last = try #require(await bench.office.arrivals.last)
            #expect(last.first == 2 && last.atNs - before < 50_000_000)
        }
    }

    @Test func `no batch is larger than both ends agreed`() throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved, times: 450)

            try await bench.advance(.seconds(10))

            #expect(await bench.office.arrivals.map(\.count) == [200, 200, 51])
            #expect(try bench.acked(.money) == 451)
        }
    }

    @Test func `a lost answer is followed by the same bytes again`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.answerLost])
            try bench.append(.cassetteRemoved)

            try await bench.advance(.seconds(10))

            #expect(await bench.office.arrivals.map(\.first) == [1, 1])
            #expect(await bench.office.seqs(.money) == [1, 2])
            #expect(await bench.heard.news == [.unreachable("connection reset"), .reachable])
        }
    }

    @Test func `an office that is away is asked less and less often, at last every five minutes`()
        throws
    {
        try CourierBench().run { bench in
            await bench.office.say(always: .unreachable)
            try await bench.advance(.seconds(3600))
            let times = await bench.office.arrivals.map(\.atNs)

            await bench.office.say(always: nil)
            try await bench.advance(.seconds(301))

            let gaps = zip(times, times.dropFirst()).map { Int(($1 - $0) / 1_000_000_000) }
            #expect(gaps.prefix(10) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
            #expect(gaps.dropFirst(9).allSatisfy { $0 == 300 })
            #expect(try bench.acked(.money) == 1)
            #expect(await bench.heard.news == [.unreachable("no route"), .reachable])
        }
    }

    @Test func `full jitter spreads the tries over the whole wait`() throws {
        try CourierBench(random: { 0 }).run { bench in
            await bench.office.say(Array(repeating: .unreachable, count: 10))

            try await bench.advance(.seconds(3))

            #expect(await bench.office.arrivals.count == 11)
            #expect(try bench.acked(.money) == 1)
        }
    }

    @Test(arguments: [Int64(7), 0, -1])
    func `an acknowledgement of what was not sent is refused, reported, and loses nothing`(
        _ acked: Int64
    ) throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved)
            await bench.office.say([.acked(acked)])

            try await bench.advance(.milliseconds(2500))
            let lied = await bench.heard.news
            #expect(try bench.acked(.money) == 0)
            try await bench.advance(.seconds(5))

            guard case .unreachable(let why) = lied.first else {
                Issue.record("the lie was not reported: \(lied)")
                return
            }
            #expect(why.contains("expected"))
            #expect(try bench.acked(.money) == 2)
            #expect(await bench.office.seqs(.money) == [1, 2])
        }
    }

    @Test func `an acknowledgement that falls back changes nothing`() throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved)
            try await bench.advance(.seconds(5))
            await bench.office.say([.acked(1)])

            try bench.append(.cassetteInserted)
            try await bench.advance(.milliseconds(500))
            #expect(try bench.acked(.money) == 2)
            try await bench.advance(.seconds(5))

            #expect(try bench.acked(.money) == 3)
            #expect(await bench.heard.news.count == 3)
        }
    }

    @Test func `an office that lost its end gets it again`() throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved, times: 10)
            try await bench.advance(.seconds(5))
            await bench.office.forget(.money, after: 4)

            try bench.append(.cassetteInserted)
            try await bench.advance(.seconds(5))

            #expect(await bench.office.seqs(.money) == Array(1...12))
            #expect(try bench.acked(.money) == 12)
        }
    }

    @Test(arguments: [Int64(2), 99, 0])
    func `a start that cannot be is not followed`(_ seq: Int64) throws {
        try CourierBench().run { bench in
            try await bench.advance(.seconds(5))
            await bench.office.say([.refuse(.expected, seq: seq)])

            try bench.append(.cassetteRemoved)
            try await bench.advance(.seconds(5))

            #expect(await bench.office.arrivals.map(\.first) == [1, 2, 2])
            #expect(await bench.heard.news.count == 3)
            #expect(try bench.acked(.money) == 2)
        }
    }

    @Test func `an office that asks for the beginning for ever is not followed for ever`() throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved)
            try await bench.advance(.seconds(5))
            await bench.office.say(always: .refuse(.expected, seq: 1))

            try bench.append(.cassetteInserted)
            try await bench.advance(.seconds(60))

            #expect(await bench.office.arrivals.count < 15)
            #expect(try bench.acked(.money) == 2)
        }
    }

    @Test func `a doubted hash is read again from the disk, then the lane stands still`() throws {
        try CourierBench().run { bench in
            let doubt = VirtualOffice.Word.refuse(.badHash, seq: 1)
            await bench.office.say([doubt, doubt])
            try bench.append(Self.alarm)

            try await bench.advance(.seconds(10))

            #expect(await bench.office.arrivals.map(\.lane) == [.money, .money, .alarms])
            #expect(await bench.heard.news == [.reachable, .laneStopped(.money, "badHash")])
            #expect(try bench.acked(.alarms) == 1)
            #expect(try bench.acked(.money) == 0)
        }
    }

    @Test(arguments: [Refusal.Code.changed, .malformed, .mismatch])
    func `a refused lane stands still while the others go on, and moves when it is settled`(
        _ code: Refusal.Code
    ) throws {
        try CourierBench().run { bench in
            await bench.office.say([.refuse(code, seq: 1)])
            try bench.append(Self.rating)
            try await bench.advance(.seconds(60))
            #expect(try bench.acked(.telemetry) == 1)
            #expect(await bench.office.arrivals.count == 2)

            try await bench.advance(.seconds(300))

            let told = await bench.heard.news
            #expect(told == [.reachable, .laneStopped(.money, code.rawValue), .laneMoves(.money)])
            #expect(try bench.acked(.money) == 1)
        }
    }

    @Test func `a batch that is too large is sent in smaller ones`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.refuse(.tooLarge, seq: nil), .refuse(.tooLarge, seq: nil)])
            try bench.append(.cassetteRemoved, times: 99)

            try await bench.advance(.seconds(10))

            #expect(await bench.office.arrivals.map(\.count) == [100, 50, 25, 25, 25, 25])
        }
    }

    @Test func `a busy office is left alone for as long as it says, but not for ever`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.busy(.seconds(90)), .busy(.seconds(10 * 365 * 86_400))])

            try await bench.advance(.seconds(1100))

            let times = await bench.office.arrivals.map { Int($0.atNs / 1_000_000_000) }
            #expect(times == [2, 92, 992])
            #expect(await bench.heard.news == [.reachable])
        }
    }

    @Test func `a kiosk that is told its moment comes then, however long it had no office`() throws
    {
        try CourierBench().run { bench in
            await bench.office.say(Array(repeating: .unreachable, count: 20))
            await bench.office.say([.busy(.seconds(7))])

            try await bench.advance(.seconds(5000))

            let times = await bench.office.arrivals.map { Int($0.atNs / 1_000_000_000) }
            let (busy, next) = (times[20], times[21])
            #expect(next - busy == 7)
            #expect(try bench.acked(.money) == 1)
        }
    }

    @Test func `an office that is always busy is asked less and less often`() throws {
        try CourierBench().run { bench in
            await bench.office.say(always: .busy(.zero))

            try await bench.advance(.seconds(3600))

            let times = await bench.office.arrivals.map(\.atNs)
            let gaps = zip(times, times.dropFirst()).map { Int(($1 - $0) / 1_000_000_000) }
            #expect(gaps.prefix(9) == [1, 2, 4, 8, 16, 32, 64, 128, 256])
        }
    }

    @Test func `telemetry that finds no room does not hold up money or alarms`() throws {
        try CourierBench().run { bench in
            try await bench.advance(.seconds(5))
            await bench.office.say([.busy(.seconds(200))])
            try bench.append(Self.rating)
            try await bench.advance(.seconds(1))

            try bench.append(.cassetteRemoved, Self.alarm)
            try await bench.advance(.seconds(1))
            #expect(try bench.acked(.money) == 2 && bench.acked(.alarms) == 1)
            #expect(try bench.acked(.telemetry) == 0)
            try await bench.advance(.seconds(200))

            #expect(try bench.acked(.telemetry) == 1)
        }
    }

    @Test func `telemetry waits with money that finds no room, alarms do not`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.busy(.seconds(50))])
            try bench.append(Self.rating, Self.alarm)

            try await bench.advance(.seconds(40))
            let soon = await bench.office.arrivals.map(\.lane)
            try await bench.advance(.seconds(20))

            #expect(soon == [.money, .alarms])
            #expect(
                await bench.office.arrivals.map(\.lane) == [.money, .alarms, .money, .telemetry])
        }
    }

    @Test func `the office's pace holds for its lane only`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.pace(milliseconds: 10_000)])
            try await bench.advance(.seconds(3))

            try bench.append(.cassetteRemoved, Self.alarm)
            try await bench.advance(.seconds(1))
            let soon = await bench.office.arrivals.map(\.lane)
            try await bench.advance(.seconds(10))

            #expect(soon == [.money, .alarms])
            #expect(await bench.office.arrivals.map(\.lane) == [.money, .alarms, .money])
            let (first, last) = (await bench.office.arrivals[0], await bench.office.arrivals[2])
            #expect(last.atNs - first.atNs >= 10_000_000_000)
        }
    }

    @Test func `a long backlog of money does not starve telemetry`() throws {
        try CourierBench().run { bench in
            try bench.append(.cassetteRemoved, times: 200 * 30)
            try bench.append(Self.rating)

            try await bench.advance(.seconds(10))

            let place = try #require(
                await bench.office.arrivals.firstIndex { $0.lane == .telemetry })
            #expect(place < 20)
            #expect(try bench.acked(.money) == 6001)
        }
    }

    @Test func `a refused certificate is told apart from silence`() throws {
        try CourierBench().run { bench in
            await bench.office.say([.untrusted, .refuse(.forbidden, seq: nil)])

            try await bench.advance(.seconds(10))

            let told = await bench.heard.news
            #expect(told == [.untrusted("certificate of another kiosk"), .reachable])
        }
    }
}
