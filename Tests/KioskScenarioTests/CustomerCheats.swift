import KioskWorld
import Testing

struct CustomerCheats {
    @Test func `a note fished out while it is stacked is in doubt, with an alarm`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.unit("fault cheat")
            try await kiosk.offer([100])

            try await kiosk.waitFor(entry: "noteDoubtful")

            #expect(await kiosk.alarms.contains("noteDoubtful"))
            #expect(try await kiosk.entries("noteCredited").isEmpty)
            #expect(
                try await kiosk.entries("alarmRaised").contains { $0.contains("acceptorCheated") })
        }
    }
}
