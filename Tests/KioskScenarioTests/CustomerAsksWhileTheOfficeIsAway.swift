import KioskFlows
import KioskRuntime
import KioskWorld
import Testing

struct CustomerAsksWhileTheOfficeIsAway {
    @Test func `who paid here is answered from the kiosk's own books, and nobody else`() throws {
        try World.run { kiosk in
            kiosk.network.goDown()
            try await kiosk.startTopUp("13800138000")
            try await kiosk.insert(50)
            try await kiosk.touch("finish")
            try await kiosk.see(.attract, within: .seconds(120))
            let slip = try #require(await kiosk.kiosk.ledger().orders.last?.slip)

            for (number, answer) in [
                ("13800138000", "state.queued"), ("13900139000", "claimAnswer.body.unavailable"),
            ] {
                for choice in ["start", "en", "claim"] { try await kiosk.touch(choice) }
                try await kiosk.type(slip)
                try await kiosk.type(number)
                try await kiosk.until("an answer", within: .seconds(15)) {
                    await kiosk.screen?.screen.body.contains { $0.key == answer } == true
                }
                try await kiosk.touch("done")
                try await kiosk.see(.attract, within: .seconds(60))
            }

            kiosk.network.comeBack()
        }
    }
}
