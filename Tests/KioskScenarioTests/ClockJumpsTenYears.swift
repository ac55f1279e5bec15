import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

struct ClockJumpsTenYears {
    @Test(arguments: [10, -10])
    func `no balance and no order changes`(_ years: Int) throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.insert(20)

            kiosk.time.wallOffset = .seconds(years * 365 * 86_400)
            try await kiosk.insert(50)
            kiosk.time.wallOffset = .zero
            try await kiosk.insert(10)
            try await kiosk.touch("finish")

            try await kiosk.see(.outcome, yuan: 80, within: .seconds(20))
            #expect(await kiosk.cashHindrances.isEmpty)
        }
    }

    @Test(arguments: [10, -10])
    func `a kiosk without its office goes on as long as it may`(_ years: Int) throws {
        try World.run { kiosk in
            kiosk.network.goDown()
            try await kiosk.startTopUp()
            try await kiosk.insert(20)

            kiosk.time.wallOffset = .seconds(years * 365 * 86_400)
            try await kiosk.insert(50)
            #expect(await kiosk.cashHindrances.isEmpty)
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 70, within: .seconds(20))

            #expect(await kiosk.cashHindrances.isEmpty)
            kiosk.time.wallOffset = .zero
            kiosk.network.comeBack()
        }
    }
}
