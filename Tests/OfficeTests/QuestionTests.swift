import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// What a customer asks through a kiosk, what the kiosk and the desk are told.
struct QuestionTests {
    private func account(_ digits: String) throws -> Question {
        .account(phone: try PhoneGrammar.mainlandMobile.read(digits))
    }

    @Test func `the account comes from the billing system, or an honest unavailable in time`()
        throws
    {
        let town = try Town()
        let kiosk = try VirtualKiosk()
        let (known, stranger) = (try account("13800138000"), try account("13800138001"))

        try town.run { office in
            let found = AccountAnswer.found(name: "张*明", balance: Money(fen: -1250))
            #expect(await office.answer(known, from: kiosk.id) == .account(found))
            #expect(await office.answer(stranger, from: kiosk.id) == .account(.notFound))
            await town.billing.become(.down)
            #expect(await office.answer(known, from: kiosk.id) == .account(.unavailable))
            await town.billing.become(.slow(.seconds(60)))
            let start = town.scheduler.nowNs
            #expect(await office.answer(known, from: kiosk.id) == .account(.unavailable))
            #expect(town.scheduler.nowNs - start <= 5_000_000_000)
        }
    }

    @Test func `a claim needs slip and number, and does not say which one is wrong`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp("13800138000")
        try kiosk.topUp("13900139000")

        try town.run { [kiosk] office in
            await town.billing.become(.down)
            try await office.takeAll(kiosk)

            #expect(try await office.claimState(kiosk, slip: 1, phone: "13800138000") == .queued)
            #expect(try await office.claimState(kiosk, slip: 1, phone: "13900139000") == nil)
            #expect(try await office.claimState(kiosk, slip: 3, phone: "13800138000") == nil)
        }
    }

    @Test func `a kiosk that tries numbers is held back for a minute, another is not`() throws {
        let town = try Town()
        let (kiosk, other) = (try VirtualKiosk("K1"), try VirtualKiosk("K2"))
        let question = Question.claim(
            slip: SlipNumber(epoch: kiosk.epoch, session: SessionID(1)),
            phone: try PhoneGrammar.mainlandMobile.read("13800138000"))

        try town.run { office in
            for _ in 0..<Office.claimsPerMinute {
                #expect(await office.answer(question, from: kiosk.id) == .claim(.notFound))
            }
            #expect(await office.answer(question, from: kiosk.id) == .claim(.unavailable))
            #expect(await office.answer(question, from: other.id) == .claim(.notFound))
            try await town.wait(.seconds(60))
            #expect(await office.answer(question, from: kiosk.id) == .claim(.notFound))
        }
    }

    @Test func `commands are repeated until the kiosk asks for later ones`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for _ in 0..<3 { try kiosk.topUp() }

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(60))
            for after in [0, 0, 2] as [Int64] {
                let commands = try await office.commands(
                    for: kiosk.id, epoch: kiosk.epoch, after: after, within: .zero)
                #expect(commands.map(\.number) == Array(after + 1...3))
            }
        }
    }

    @Test func `each kiosk hears of its own orders only`() throws {
        let town = try Town()
        var kiosks = try [VirtualKiosk("K0001"), VirtualKiosk("K0002")]
        for place in kiosks.indices { try kiosks[place].topUp() }

        try town.run { [kiosks] office in
            for kiosk in kiosks { try await office.takeAll(kiosk) }
            try await town.wait(.seconds(60))
            for kiosk in kiosks {
                let commands = try await office.commands(
                    for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .zero)
                let order = OrderID(kiosk: kiosk.id, epoch: kiosk.epoch, session: SessionID(1))
                #expect(commands.map(\.body) == [.orderSettled(order: order, state: .credited)])
            }
        }
    }

    @Test func `a poll waits for its time and ends with nothing`() throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()

        try town.run { office in
            let commands = try await office.commands(
                for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .seconds(3600))
            #expect(commands.isEmpty)
            #expect(town.scheduler.nowNs == 50_000_000_000)
        }
    }

    @Test func `a newer poll sends the older one home`() throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()

        try town.run { office in
            let endings = try await withThrowingTaskGroup(of: Int64.self) { group in
                for start in [0, 10] as [Int64] {
                    group.addTask {
                        try await town.wait(.seconds(start))
                        _ = try await office.commands(
                            for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .seconds(50))
                        return town.scheduler.nowNs / 1_000_000_000
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(endings == [10, 60])
        }
    }

    @Test(arguments: [-1, 1, Int64.max])
    func `a kiosk that asks after a command it never got is told so`(_ after: Int64) throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()

        try town.run { office in
            _ = await #expect(throws: Refusal.self) {
                _ = try await office.commands(
                    for: kiosk.id, epoch: kiosk.epoch, after: after, within: .zero)
            }
        }
    }

    @Test func `an alarm is one record, raised and cleared by its kiosk only`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let paper = AlarmKey(.paperOut, "printer/0")
        let jam = AlarmKey(.acceptorJam, "billAcceptor/0")
        try kiosk.write(.alarmRaised(alarm: paper, severity: .major, evidence: "media-empty"))
        try kiosk.write(.alarmRaised(alarm: jam, severity: .major, evidence: "0x43"))
        try kiosk.write(.alarmCleared(alarm: paper))
        try kiosk.write(.alarmRaised(alarm: paper, severity: .major, evidence: "again"))
        try kiosk.write(.alarmCleared(alarm: jam))

        try town.run { [kiosk] office in
            _ = try await office.take(kiosk.batch(), from: kiosk.id)
            _ = try await office.take(kiosk.batch(1...2, .alarms), from: kiosk.id)
            #expect(await office.alarms().count == 2)
            _ = try await office.take(kiosk.batch(.alarms), from: kiosk.id)

            let alarms = await office.alarms()
            #expect(alarms.map(\.evidence) == ["again"])
            #expect(alarms.first?.probableCause == "materialSupplyExhausted")
            #expect(await office.kiosks().first?.openAlarms == 1)
        }
    }

    @Test func `a kiosk that says nothing is shown as silent, and heard again`() throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()

        try town.run { office in
            try await office.takeAll(kiosk)
            try await town.wait(Office.silentAfter - .seconds(1))
            #expect(await office.kiosks().map(\.silent) == [false])
            try await town.wait(.seconds(1))
            #expect(await office.kiosks().map(\.silent) == [true])
            _ = try await office.commands(
                for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .zero)
            #expect(await office.kiosks().map(\.silent) == [false])
        }
    }

    @Test func `the desk is told of every change, the first value at once`() throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()

        try town.run { office in
            var ticks = await office.changes().makeAsyncIterator()
            let first = await ticks.next()
            try await office.takeAll(kiosk)
            let second = await ticks.next()
            #expect(try #require(second) > (try #require(first)))
        }
    }

    @Test func `what the desk shows holds no whole number`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp("13800138000")
        let (session, _) = try kiosk.startSession()
        try kiosk.loseNote(20, in: session)

        try town.run { [kiosk] office in
            await town.billing.become(.refuses)
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(10))

            let orders = await office.orders(state: .refused, limit: 10)
            #expect(orders.map(\.number) == ["138****8000"])
            #expect(orders.map(\.note) == ["138****8000 is barred"])
            let cases = await office.cases()
            #expect(cases.map(\.kind) == ["refusedPosting", "doubtfulNote"])
            #expect(!"\(orders) \(cases)".contains("13800138000"))
            #expect(await office.balance("SUSPENSE") == 2000)
            #expect(await office.balance("UNLOCATED") == 2000)
            #expect(await office.orderCounts()["refused"] == 1)
        }
    }
}
