import KioskFlows
import KioskRuntime
import KioskWorld
import Testing

/// The customer presses what was on the screen a moment ago.
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

    /// Timer and finger come at the same moment; whichever is first, the other is for a screen that is gone.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a wait that was started anew does not ask for more time`(_ seed: UInt64) throws {
        try World.run(seed: seed) { kiosk in
            for choice in ["start", "en", "topUp"] { try await kiosk.touch(choice) }
            let shown = try #require(await kiosk.screen)
            try await kiosk.advance(.seconds(20))

            let verdict = await kiosk.kiosk.submit(.fields(["typing": ""]), on: shown.id)
            try await kiosk.advance(.seconds(19))

            if verdict == .accepted { try await kiosk.see(.number) }
        }
    }
}
