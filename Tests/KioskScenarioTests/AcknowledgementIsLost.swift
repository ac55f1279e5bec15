import KioskWorld
import Testing

struct AcknowledgementIsLost {
    @Test func `the unit says stacked again, and the note counts once`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.unit("fault lost-ack 3 at 81")

            try await kiosk.insert(50)
            try await kiosk.insert(50)

            #expect(try await kiosk.entries("noteCredited").count == 2)
            #expect(await kiosk.account("STACKER") == 10_000)
        }
    }
}
