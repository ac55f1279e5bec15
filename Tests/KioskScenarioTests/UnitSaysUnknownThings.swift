import KioskFlows
import KioskWorld
import Testing

struct UnitSaysUnknownThings {
    @Test func `what hides the end of a note does not make it forgotten`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([10])
            try await kiosk.waitFor(entry: "stackIntended")
            try await kiosk.unit("fault unknown-status")
            try await kiosk.waitFor(cassette: 10)
            try await kiosk.advance(.seconds(2))

            try await kiosk.unit("clear unknown-status")

            try await kiosk.see(.insertNotes, yuan: 10)
        }
    }

    @Test(arguments: ["fault unknown-status", "fault failure 54"])
    func `cash stops with an alarm, and goes on when the unit does`(_ fault: String) throws {
        try World.run { kiosk in
            try await kiosk.unit(fault)
            try await kiosk.until("the alarm") { await kiosk.alarms == ["acceptorFault"] }
            #expect(await kiosk.cashHindrances == ["acceptorUnavailable"])

            try await kiosk.unit("clear all")
            try await kiosk.ready()

            try await kiosk.until("its end") { await kiosk.alarms.isEmpty }
        }
    }
}
