import KioskFlows
import KioskWorld
import Testing

struct PowerFailsAfterTheNoteIsStacked {
    @Test func `the amount is on the screen again, and the note counts once`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(50)
            try await kiosk.see(.insertNotes, yuan: 50)

            try kiosk.cutPower()
            try kiosk.restart()

            try await kiosk.see(.insertNotes, yuan: 50, within: .seconds(60))
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 50, within: .seconds(20))
            #expect(try await kiosk.entries("noteCredited").count == 1)
        }
    }

    @Test func `a note that was stacked and not yet heard of is credited once or in doubt`() throws
    {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.waitFor(cassette: 50)

            try kiosk.cutPower()
            try kiosk.restart()
            try await kiosk.advance(.seconds(120))

            let ends = try await (
                kiosk.entries("noteCredited").count, kiosk.entries("noteDoubtful").count
            )
            #expect(ends.0 + ends.1 == 1)
        }
    }
}
