import KioskWorld
import Testing

struct NoteJamsWhileStacking {
    @Test func `the note is in doubt, the alarm is up, and no cash is taken`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.unit("fault jam-stacker")
            try await kiosk.offer([50])

            try await kiosk.waitFor(entry: "noteDoubtful")

            #expect(await kiosk.alarms.contains("acceptorJam"))
            #expect(await kiosk.alarms.contains("noteDoubtful"))
            #expect(await kiosk.cashHindrances == ["acceptorUnavailable"])
            #expect(try await kiosk.entries("noteCredited").isEmpty)
        }
    }

    @Test func `the alarm goes when the path is free, and cash is taken again`() throws {
        try World.run { kiosk in
            try await kiosk.unit("fault jam-validator")
            try await kiosk.until("the alarm") { await kiosk.alarms == ["acceptorJam"] }

            try await kiosk.unit("clear all")
            try await kiosk.until("the end of the alarm", within: .seconds(60)) {
                await kiosk.alarms.isEmpty
            }

            #expect(await kiosk.cashHindrances.isEmpty)
            #expect(try await kiosk.entries("alarmRaised").count == 1)
            #expect(try await kiosk.entries("alarmCleared").count == 1)
        }
    }
}
