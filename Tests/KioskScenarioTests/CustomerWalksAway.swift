import KioskFlows
import KioskWorld
import Testing

struct CustomerWalksAway {
    @Test func `the money in is paid to the number, and the screen forgets it`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(20)

            try await kiosk.see(.needMoreTime, within: .seconds(90))
            try await kiosk.see(.attract, within: .seconds(180))

            #expect(try await kiosk.entries("paymentCommitted").count == 1)
            #expect(try await kiosk.entries("sessionEnded").last?.hasSuffix("paid") == true)
        }
    }

    @Test func `without money the visit ends, and nothing is owed`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()

            try await kiosk.see(.attract, within: .seconds(120))

            #expect(try await kiosk.entries("sessionEnded").last?.hasSuffix("abandoned") == true)
            #expect(await kiosk.account("STACKER") == 0)
        }
    }
}
