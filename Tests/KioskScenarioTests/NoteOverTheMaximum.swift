import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

struct NoteOverTheMaximum {
    @Test func `a note that would pass the maximum goes back`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            for _ in 0..<4 { try await kiosk.insert(100) }
            try await kiosk.insert(50)

            try await kiosk.insert(100)

            try await kiosk.see(.insertNotes, yuan: 450)
            #expect(kiosk.truth.returned == [10_000: 1])
        }
    }

    @Test func `at the maximum no further note is drawn in`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()

            try await kiosk.offer(Array(repeating: 100, count: 6))
            try await kiosk.see(.insertNotes, yuan: 500, within: .seconds(60))
            try await kiosk.advance(.seconds(10))

            #expect(kiosk.truth.cassetteFen == 50_000)
            try await kiosk.unit("notes back")
        }
    }
}
