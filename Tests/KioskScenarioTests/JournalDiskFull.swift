import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

struct JournalDiskFull {
    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a small tmpfs"))
    func `the note in escrow goes back at once, the screen says so, and the kiosk recovers`() throws
    {
        let disk = try SmallDisk(mebibytes: 24)
        try World.run(on: disk) { kiosk in
            try await kiosk.startTopUp()
            disk.fill()
            let offered = kiosk.time.nowNs
            try await kiosk.offer([50])

            try await kiosk.until("the note to come back", step: .milliseconds(5)) {
                kiosk.truth.returnedFen == 5000
            }
            // 0.2 s to draw it in, 0.9 s to look at it, 0.6 s to give it back: the rest is ours.
            #expect(kiosk.time.nowNs - offered < (200 + 900 + 600 + 500) * 1_000_000)
            try await kiosk.see(.outOfService)
            try await kiosk.advance(.seconds(30))
            #expect(await kiosk.cashHindrances.isEmpty == false)
            disk.free()
            try await kiosk.ready()

            #expect(await kiosk.alarms.isEmpty)
            let raised = try await kiosk.entries("alarmRaised")
            #expect(raised.contains { $0.contains("code=journalTrouble") })
        }
    }

    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a small tmpfs"))
    func `no further note is drawn in while nothing can be written down`() throws {
        let disk = try SmallDisk(mebibytes: 24)
        try World.run(on: disk) { kiosk in
            try await kiosk.startTopUp()
            disk.fill()
            try await kiosk.offer([50])
            try await kiosk.waitFor(returned: 50)
            try await kiosk.advance(.seconds(30))

            try await kiosk.offer([20])
            try await kiosk.advance(.seconds(30))

            #expect(kiosk.truth.atSlot == [2000])
            disk.free()
        }
    }

    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a small tmpfs"))
    func `a note that was stacked while the disk was full is credited when there is room`() throws {
        let disk = try SmallDisk(mebibytes: 24)
        try World.run(on: disk) { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.waitFor(entry: "stackIntended")
            try await kiosk.advance(.milliseconds(400))

            disk.fill()
            try await kiosk.waitFor(cassette: 50)
            try await kiosk.advance(.seconds(20))
            #expect(await kiosk.account("STACKER") == 0)
            disk.free()
            try await kiosk.waitFor(entry: "noteCredited")

            #expect(await kiosk.account("STACKER") == 5000)
        }
    }
}
