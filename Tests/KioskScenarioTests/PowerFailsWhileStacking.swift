import KioskWorld
import Testing
import VirtualWorld

struct PowerFailsWhileStacking {
    @Test func `a note that can still come back comes back, and nothing is credited`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "stackIntended")

            try kiosk.cutPower()
            try kiosk.restart()
            try await kiosk.waitFor(entry: "noteReturned")

            try await kiosk.waitFor(returned: 50)
            #expect(try await kiosk.entries("noteCredited").isEmpty)
        }
    }

    @Test func `a note past the validator is credited after the restart, once`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.until("a note in the stacker", step: .milliseconds(5)) {
                kiosk.truth.place == .stacker
            }

            try kiosk.cutPower()
            try kiosk.restart()
            try await kiosk.waitFor(entry: "noteCredited")

            #expect(await kiosk.account("STACKER") == 5000)
            #expect(try await kiosk.entries("noteDoubtful").isEmpty)
        }
    }

    @Test func `a second cut in the recovery changes nothing`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(20)
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "stackIntended", count: 2)

            for seconds in [1, 2, 3] {
                try kiosk.cutPower()
                try kiosk.restart()
                try await kiosk.advance(.seconds(seconds))
            }

            #expect(try await kiosk.entries("noteCredited").count == 1)
        }
    }
}
