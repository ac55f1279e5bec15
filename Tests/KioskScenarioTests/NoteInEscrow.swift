import KioskWorld
import Testing
import VirtualWorld

struct NoteInEscrow {
    /// The unit holds the note and the kiosk has not heard of it.
    private func hold(_ kiosk: World) async throws {
        try await kiosk.startTopUp()
        try await kiosk.offer([50])
        try await kiosk.until("a note in the path", step: .milliseconds(5)) {
            !kiosk.truth.inPath.isEmpty
        }
        try await kiosk.advance(.milliseconds(905))
    }

    @Test func `the note goes back when power fails`() throws {
        try World.run { kiosk in
            try await hold(kiosk)

            try kiosk.cutPower()
            try kiosk.restart()
            try await kiosk.ready()

            try await kiosk.waitFor(returned: 50)
            #expect(await kiosk.account("STACKER") == 0)
        }
    }

    @Test func `the note goes back when the cable is pulled, and the loss is an alarm`() throws {
        try World.run { kiosk in
            try await hold(kiosk)

            try await kiosk.unit("unplug")
            try await kiosk.until("the alarm") { await kiosk.alarms.contains("acceptorLost") }
            try await kiosk.advance(.seconds(60))
            try await kiosk.unit("plug")
            try await kiosk.until("the end of the alarm", within: .seconds(60)) {
                await kiosk.alarms.isEmpty
            }

            #expect(await kiosk.account("STACKER") == 0)
            #expect(await kiosk.cashHindrances.isEmpty)
        }
    }

    @Test func `a cable pulled after the decision leaves no fen unexplained`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "stackIntended")

            try await kiosk.unit("unplug")
            try await kiosk.advance(.seconds(20))
            try await kiosk.unit("plug")
            try await kiosk.advance(.seconds(90))

            let ends = try await (
                kiosk.entries("noteCredited").count, kiosk.entries("noteReturned").count,
                kiosk.entries("noteDoubtful").count
            )
            #expect(ends.0 + ends.1 + ends.2 == 1)
        }
    }
}
