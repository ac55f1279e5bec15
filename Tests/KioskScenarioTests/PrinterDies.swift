import KioskFlows
import KioskRuntime
import KioskWorld
import Testing
import VirtualWorld

struct PrinterDies {
    @Test func `a dead printer stops no payment, and the receipt is kept as unprinted`() throws {
        try World.run { kiosk in
            try await kiosk.printer.say("fault service-gone")
            try await kiosk.until("the alarm") { await kiosk.alarms == ["printerLost"] }
            try await kiosk.startTopUp()
            try await kiosk.insert(20)

            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 20, within: .seconds(20))

            #expect(
                await kiosk.screen?.screen.facts.contains { $0.label.key == "fact.slip" } == true)
            #expect(await kiosk.kiosk.receipts().map(\.fen) == [2000])
            #expect(await kiosk.receipts.isEmpty)
        }
    }

    @Test func `no paper raises its alarm once and clears it once`() throws {
        try World.run { kiosk in
            for _ in 0..<3 {
                try await kiosk.printer.say("fault paper-out")
                try await kiosk.until("the alarm") { await kiosk.alarms == ["paperOut"] }
                try await kiosk.printer.say("clear paper-out")
                try await kiosk.until("its end") { await kiosk.alarms.isEmpty }
            }

            #expect(try await kiosk.entries("alarmRaised").count == 3)
            #expect(try await kiosk.entries("alarmCleared").count == 3)
        }
    }
}
