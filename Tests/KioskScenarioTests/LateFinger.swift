import KioskFlows
import KioskWorld
import Testing

@testable import KioskRuntime

/// Something arrives that was meant for what is gone a moment ago.
struct LateFinger {
    @Test func `a touch for a screen that is gone presses nothing of the next`() throws {
        try World.run { kiosk in
            for choice in ["start", "en", "topUp"] { try await kiosk.touch(choice) }
            let gone = try #require(await kiosk.screen)
            try await kiosk.type("13800138000")
            let shown = try #require(await kiosk.screen)

            let verdict = await kiosk.kiosk.submit(.choice("quit"), on: gone.id)

            #expect(verdict == .gone(shown: shown.id))
            try await kiosk.see(.confirmNumber)
            #expect(try await kiosk.entries("sessionEnded").isEmpty)
        }
    }

    @Test func `a wait that has begun anew is not ended by the one before`() throws {
        try World.run { kiosk in
            for choice in ["start", "en", "topUp"] { try await kiosk.touch(choice) }
            let before = try #require(await kiosk.kiosk.timerStarts[.idle])
            try await kiosk.type("13800138000")

            // It had fired already, and stood in the queue behind the finger.
            try await kiosk.kiosk.deliver(.timer(.idle, start: before))

            try await kiosk.see(.confirmNumber)
        }
    }
}
