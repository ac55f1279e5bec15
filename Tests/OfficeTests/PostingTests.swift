import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// The way from the books to the billing system, with everything that can go wrong on it.
struct PostingTests {
    @Test func `an order is posted once and the kiosk hears that it is credited`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            let commands = try await office.commands(
                for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .seconds(50))

            let credited = Command.Body.orderSettled(order: order, state: .credited)
            #expect(commands == [Command(number: 1, body: credited)])
            #expect(await town.billing.booked.map(\.fen) == [7000])
            #expect(await office.balance("POSTED") == 7000)
            #expect(await office.balance("TOPUP_DUE") == 0)
        }
    }

    @Test func `an answer lost after booking is asked for, not sent again`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            await town.billing.become(.losesAnswers)
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(60))

            #expect(await town.billing.calls == 1)
            #expect(await town.billing.booked.count == 1)
            #expect(await office.order(order)?.phase == "confirmed")
            let states = try await office.states(kiosk)
            #expect(states == [.checking, .credited])
        }
    }

    @Test func `a request that never arrived is sent again under the same id`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            await town.billing.become(.losesRequests)
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(1))
            await town.billing.become(.works)
            try await town.wait(.seconds(60))

            #expect(await town.billing.booked.map(\.order) == [order])
            #expect(await town.billing.inquiries >= 1)
            let states = try await office.states(kiosk)
            #expect(states == [.checking, .credited])
        }
    }

    @Test func `a billing system that does not answer in time is asked later`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            await town.billing.become(.slow(.seconds(3600)))
            try await office.takeAll(kiosk)
            try await town.wait(Office.postingLimit + .seconds(0.1))
            #expect(await office.order(order)?.state == "checking")
            await town.billing.become(.works)
            try await town.wait(.seconds(60))

            #expect(await town.billing.booked.map(\.order) == [order])
        }
    }

    @Test func `after a day without a billing system all is posted once, in order per number`()
        throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        var orders: [OrderID] = []
        for number in 0..<30 { orders.append(try kiosk.topUp("1380013800\(number % 3)")) }

        try town.run { [kiosk, orders] office in
            await town.billing.become(.down)
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(86_400))
            #expect(await town.billing.booked.isEmpty)
            #expect(await office.balance("TOPUP_DUE") == 30 * 7000)
            await town.billing.become(.works)
            try await town.wait(.seconds(600))

            let booked = await town.billing.booked
            #expect(Set(booked.map(\.order)) == Set(orders) && booked.count == 30)
            for phone in Set(booked.map(\.phone)) {
                let line = booked.filter { $0.phone == phone }.map(\.order)
                #expect(line == orders.filter(line.contains))
            }
        }
    }

    @Test func `while nobody answers, one order at a time tries the line`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for number in 0..<100 { try kiosk.topUp("1380013\(1000 + number)", notes: [10]) }

        try town.run { [kiosk] office in
            await town.billing.become(.down)
            await town.billing.become(.slow(.seconds(3)), for: "13800131099")
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(600))
            #expect(await town.billing.booked.map(\.phone) == ["13800131099"])

            // A second apart, not a hundred orders at once.
            #expect(await town.billing.calls <= 600 + 6 * Office.postingsMax)
        }
    }

    @Test func `one number's trouble holds up no other, and its own orders wait in line`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp("13800138001", notes: [50])
        try kiosk.topUp("13800138001", notes: [20])
        let free = try kiosk.topUp("13800138002", notes: [10])

        try town.run { [kiosk] office in
            await town.billing.become(.undecided, for: "13800138001")
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(300))
            #expect(await town.billing.booked.map(\.order) == [free])
            await town.billing.become(.works, for: "13800138001")
            await town.billing.decide()
            try await town.wait(.seconds(600))

            #expect(await town.billing.booked.map(\.fen) == [1000, 5000, 2000])
            #expect(await office.balance("POSTED") == 8000)
        }
    }

    @Test func `a slow billing system is called eight times at once and never blocks the intake`()
        throws
    {
        let town = try Town()
        let kiosks = try (10..<60).map { number in
            var kiosk = try VirtualKiosk("K\(number)")
            try kiosk.topUp("138001380\(number)", notes: [10])
            return kiosk
        }

        try town.run { office in
            await town.billing.become(.slow(.seconds(10)))
            let start = town.scheduler.nowNs
            for kiosk in kiosks { try await office.takeAll(kiosk) }
            #expect(town.scheduler.nowNs == start)
            try await town.wait(.seconds(120))

            #expect(await town.billing.mostAtOnce == Office.postingsMax)
            #expect(await town.billing.booked.count == kiosks.count)
        }
    }

    @Test func `what is not resolved in time gets a case, and is asked about all the same`() throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            await town.billing.become(.undecided)
            try await office.takeAll(kiosk)
            try await town.wait(Office.unresolvedAfter / 2)
            #expect(await office.caseKinds().isEmpty)
            try await town.wait(Office.unresolvedAfter)
            #expect(await office.caseKinds() == ["unresolvedPosting"])
            await town.billing.decide()
            try await town.wait(.seconds(600))

            #expect(await office.order(order)?.state == "credited")
            #expect(await office.caseKinds().isEmpty)
            #expect(await town.billing.booked.count == 1)
        }
    }

    @Test func `a clock that jumps ten years changes no balance and no order`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp(notes: [50])
        try kiosk.topUp(notes: [20])

        try town.run { [kiosk] office in
            await town.billing.become(.down)
            try await office.takeAll(kiosk)
            town.scheduler.wallOffset = .seconds(-10 * 365 * 86_400)
            try await town.wait(.seconds(60))
            await town.billing.become(.works)
            try await town.wait(.seconds(600))

            #expect(await town.billing.booked.map(\.fen) == [5000, 2000])
            #expect(await office.kiosks().first?.silent == true)
        }
    }

    @Test func `a refused order becomes a case, a claim, and after the refund is closed`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()

        try town.run { [kiosk] office in
            await town.billing.become(.refuses)
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(10))
            #expect(await office.caseKinds() == ["refusedPosting"])
            #expect(await office.balance("REFUND_DUE") == 7000)
            #expect(try await office.claimState(kiosk) == .refused)
            try await office.refund(order, by: "clerk 7")

            #expect(await office.balance("REFUNDED") == 7000)
            #expect(await office.balance("REFUND_DUE") == 0)
            #expect(await office.caseKinds().isEmpty)
            #expect(try await office.claimState(kiosk) == .refunded)
            #expect(try await office.states(kiosk) == [.refused, .refunded])
        }
    }

    @Test func `money is paid back once, and only if it was refused`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()
        let unknown = OrderID(kiosk: kiosk.id, epoch: kiosk.epoch, session: SessionID(99))

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            for (order, clerk) in [(order, "clerk"), (unknown, "clerk"), (order, "\u{7}")] {
                await #expect(throws: OfficeTrouble.self) {
                    try await office.refund(order, by: clerk)
                }
            }
            #expect(await office.balance("REFUNDED") == 0)
        }
    }

    @Test func `an office stopped in the middle of a call asks before it sends again`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp()
        let disk = try town.run { [kiosk] office in
            await town.billing.become(.slow(.seconds(5)))
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(1))
            let disk = try town.copyOfDisk()
            try await town.wait(.seconds(30))
            return disk
        }

        try town.scheduler.run { [kiosk] in
            let office = try town.open(disk)
            #expect(await office.order(order)?.phase == "sent")
            try await Town.posting(office) {
                try await town.wait(.seconds(30))
                #expect(await office.order(order)?.phase == "confirmed")
                #expect(try await office.states(kiosk) == [.checking, .credited])
            }
            #expect(await town.billing.booked.map(\.order) == [order])
            #expect(await town.billing.calls == 1)
        }
    }

    @Test func `a line waits for its head, the longest waiting head comes first`() throws {
        var queue = PostingQueue()
        let phone = try PhoneGrammar.mainlandMobile.read("13800138000")
        let other = try PhoneGrammar.mainlandMobile.read("13900139000")
        for place in 1...Int64(6) {
            queue.add(.waiting(place, place.isMultiple(of: 2) ? phone : other), nowNs: 0)
        }

        let (first, second) = (queue.takeDue(nowNs: 0), queue.takeDue(nowNs: 0))
        let third = queue.takeDue(nowNs: 9)
        #expect([first?.place, second?.place, third?.place] == [1, 2, nil])
        queue.retry(try #require(first), atNs: 5)
        queue.finish(try #require(second), nowNs: 1)
        let times = [1, 4, 5] as [Int64]
        #expect(times.map { queue.takeDue(nowNs: $0)?.place } == [4, nil, 1])
    }
}

extension Posting {
    static func waiting(_ place: Int64, _ phone: PhoneNumber) -> Posting {
        let kiosk = KioskID(rawValue: "K1").map {
            OrderID(kiosk: $0, epoch: Epoch(bits: 1), session: SessionID(place))
        }
        guard let order = kiosk else { preconditionFailure("K1 is a name") }
        return Posting(
            place: place, kiosk: "K1", epoch: "", order: order, phone: phone, amount: .yuan(1),
            phase: .prepared)
    }
}

extension Office {
    /// What the kiosk's commands say, in order.
    func states(_ kiosk: VirtualKiosk) async throws -> [OrderState] {
        try await commands(for: kiosk.id, epoch: kiosk.epoch, after: 0, within: .zero).map {
            switch $0.body {
            case .orderSettled(_, let state): state
            }
        }
    }

    func claimState(_ kiosk: VirtualKiosk, slip: Int64 = 1, phone: String = "13800138000")
        async throws -> OrderState?
    {
        let question = Question.claim(
            slip: SlipNumber(epoch: kiosk.epoch, session: SessionID(slip)),
            phone: try PhoneGrammar.mainlandMobile.read(phone))
        guard case .claim(.found(_, let state, _)) = await answer(question, from: kiosk.id) else {
            return nil
        }
        return state
    }
}
