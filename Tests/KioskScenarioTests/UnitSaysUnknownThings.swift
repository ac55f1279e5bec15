import KioskWorld
import Testing

struct UnitSaysUnknownThings {
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
