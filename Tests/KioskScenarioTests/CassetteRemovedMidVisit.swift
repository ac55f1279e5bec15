import KioskFlows
import KioskWorld
import Testing

struct CassetteRemovedMidVisit {
    @Test func `what is in is paid, no more is taken, and both moments are written down`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(50)

            try await kiosk.unit("cassette remove")
            try await kiosk.until("the alarm") { await kiosk.alarms == ["cassetteRemoved"] }
            #expect(await kiosk.cashHindrances == ["cassetteRemoved"])
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 50, within: .seconds(20))
            try await kiosk.unit("cassette insert")
            try await kiosk.until("the end of the alarm", within: .seconds(60)) {
                await kiosk.alarms.isEmpty
            }

            #expect(try await kiosk.entries("cassetteRemoved").count == 1)
            #expect(try await kiosk.entries("cassetteInserted").count == 1)
        }
    }

    @Test func `an alarm that was up before a restart is neither lost nor raised again`() throws {
        try World.run { kiosk in
            try await kiosk.unit("cassette remove")
            try await kiosk.until("the alarm") { await kiosk.alarms == ["cassetteRemoved"] }

            try kiosk.cutPower()
            try kiosk.restart()
            try await kiosk.advance(.seconds(60))

            #expect(await kiosk.alarms == ["cassetteRemoved"])
            #expect(try await kiosk.entries("alarmRaised").count == 1)
            #expect(try await kiosk.entries("cassetteRemoved").count == 1)
            try await kiosk.unit("cassette insert")
        }
    }
}
