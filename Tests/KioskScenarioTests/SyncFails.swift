import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

/// The kernel forgets what a failed sync should have kept, but shows it to whoever reads until the power fails.
struct SyncFails {
    @Test func `what the kiosk's next process reads is there after a power cut`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(20)
            kiosk.disk.virtual?.failSync(1)
            try await kiosk.offer([50])
            try await kiosk.until("the end of the process", step: .milliseconds(5)) {
                kiosk.lastFault != nil
            }

            try kiosk.kill()
            try kiosk.restart()
            let read = try await kiosk.entries("noteOffered").count
            try kiosk.cutPower(.unsyncedLost)
            try kiosk.restart()

            #expect(try await kiosk.entries("noteOffered").count >= read)
        }
    }

    @Test func `what the office's next process acknowledges is there after a power cut`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            kiosk.house.disk.virtual?.failSync(1)
            try await kiosk.insert(50)
            try await kiosk.touch("finish")
            try await kiosk.advance(.seconds(20))

            try kiosk.house.cutPower(.unsyncedLost)
            try kiosk.house.powerOn()

            try await kiosk.see(.outcome, yuan: 50, within: .seconds(30))
        }
    }
}
