import KioskModel
import OfficeProtocol
import Testing

@testable import KioskRuntime

struct CourierCommandTests {
    private static let order = OrderID(
        kiosk: .k1, epoch: Epoch(bits: 0xABCD), session: SessionID(1))

    private static func commands(_ numbers: Int64...) -> [Command] {
        numbers.map {
            Command(number: $0, body: .orderSettled(order: order, state: .credited))
        }
    }

    @Test func `commands are obeyed once, in their order`() throws {
        try CourierBench().run { bench in
            await bench.office.say(commands: [Self.commands(2, 1), Self.commands(2, 3)])

            try await bench.advance(.seconds(5))

            #expect(await bench.heard.obeyed == [1, 2, 3])
            #expect(await bench.office.polls.map(\.after) == [0, 2, 3])
        }
    }

    @Test func `a command whose forerunner is missing is not obeyed`() throws {
        try CourierBench().run { bench in
            await bench.office.say(commands: [Self.commands(1, 3), Self.commands(2, 3)])

            try await bench.advance(.seconds(5))

            #expect(await bench.heard.obeyed == [1, 2, 3])
            #expect(await bench.office.polls.map(\.after) == [0, 1, 3])
        }
    }

    @Test func `an office that repeats old commands for ever is asked less and less often`() throws
    {
        try CourierBench().run { bench in
            await bench.office.say(commands: [Self.commands(1)])
            await bench.office.say(alwaysCommands: Self.commands(1))

            try await bench.advance(.seconds(600))

            #expect(await bench.heard.obeyed == [1])
            #expect(await bench.office.polls.count < 15)
        }
    }

    @Test func `an office that does not hold the poll is not hammered`() throws {
        try CourierBench().run { bench in
            await bench.office.say(alwaysCommands: [])

            try await bench.advance(.seconds(60))

            #expect((58...62).contains(await bench.office.polls.count))
        }
    }

    @Test func `a command that did not become durable is asked for again`() throws {
        try CourierBench().run { bench in
            await bench.heard.refuse(2)
            await bench.office.say(alwaysCommands: Self.commands(1))

            try await bench.advance(.seconds(2))
            #expect(await bench.heard.obeyed == [])
            try await bench.advance(.seconds(10))

            #expect(await bench.heard.obeyed == [1])
        }
    }

    @Test func `a long poll does not hold up the batches`() throws {
        try CourierBench().run { bench in
            try await bench.advance(.seconds(20))

            try bench.append(.cassetteRemoved)
            try await bench.advance(.milliseconds(100))

            #expect(try bench.acked(.money) == 2)
        }
    }
}
