import KioskFlows
import KioskRuntime
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

    @Test(arguments: [1, 2, 3])
    func `what the office's next process acknowledges is there after a power cut`(sync: Int) throws
    {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            kiosk.house.disk.virtual?.failSync(sync)
            try await kiosk.insert(50)
            try await kiosk.touch("finish")
            try await kiosk.advance(.seconds(20))
            let told = await kiosk.kiosk.outbox().map(\.acked)

            try kiosk.house.cutPower(.unsyncedLost)
            try kiosk.house.powerOn()

            let kept = await kiosk.officeAcknowledged
            #expect(zip(told, kept).allSatisfy { $0 <= $1 }, "told \(told), kept \(kept)")
            #expect((told.first ?? 0) > 0)
        }
    }
}
