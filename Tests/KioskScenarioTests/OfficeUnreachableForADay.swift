import KioskFlows
import KioskWorld
import Testing

struct OfficeUnreachableForADay {
    @Test func `the kiosk goes on, says so, and everything is posted once when the office is back`()
        throws
    {
        try World.run(polling: .seconds(4)) { kiosk in
            kiosk.network.goDown()
            for _ in 0..<3 {
                try await kiosk.startTopUp()
                try await kiosk.insert(50)
                try await kiosk.see(.insertNotes, yuan: 50)
                try await kiosk.touch("finish")
                try await kiosk.see(.outcome, yuan: 50)
                try await kiosk.see(.attract, within: .seconds(120))
            }

            try await kiosk.advance(.seconds(86_400))
            #expect(await kiosk.alarms == ["officeUnreachable"])
            #expect(await kiosk.account("TOPUP_DUE") == 15_000)
            kiosk.network.comeBack()
            try await kiosk.until("the credit", within: .seconds(900)) {
                await kiosk.account("POSTED") == 15_000
            }

            #expect(await kiosk.alarms.isEmpty)
        }
    }
}
