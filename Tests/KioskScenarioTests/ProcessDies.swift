import KioskFlows
import KioskWorld
import Testing

/// The kiosk's process is killed; the unit keeps its power and goes on by itself.
struct ProcessDies {
    @Test func `a note that the unit stacks meanwhile is credited by the next process`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "stackIntended")
            try await kiosk.advance(.milliseconds(300))

            try kiosk.kill()
            try await kiosk.advance(.seconds(5))
            try kiosk.restart()
            try await kiosk.waitFor(entry: "noteCredited")

            #expect(await kiosk.account("STACKER") == 5000)
        }
    }

    @Test func `a credit whose acknowledgement was lost is told twice and counted once`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.unit("fault lost-ack 9 at 81")
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "noteCredited")

            try kiosk.kill()
            try await kiosk.unit("clear lost-ack")
            try kiosk.restart()
            try await kiosk.waitFor(entry: "repeatIgnored")

            #expect(try await kiosk.entries("noteCredited").count == 1)
            #expect(await kiosk.account("STACKER") == 5000)
        }
    }

    @Test func `a payment that waits for the office survives, and its order keeps its name`() throws
    {
        try World.run { kiosk in
            kiosk.network.goDown()
            try await kiosk.startTopUp()
            try await kiosk.insert(50)
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 50)
            let order = try await kiosk.entries("paymentCommitted")

            try kiosk.kill()
            try kiosk.restart()
            kiosk.network.comeBack()
            try await kiosk.until("the credit", within: .seconds(600)) {
                await kiosk.account("POSTED") == 5000
            }

            #expect(try await kiosk.entries("paymentCommitted") == order)
        }
    }
}
