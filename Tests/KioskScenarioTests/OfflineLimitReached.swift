import KioskFlows
import KioskModel
import KioskRuntime
import KioskWorld
import Testing

struct OfflineLimitReached {
    private static let hundred: KioskSettings.Limits = {
        var limits = KioskSettings.Limits()
        limits.offlineCash = .yuan(100)
        return limits
    }()

    @Test func `cash stops at the limit, the reason is said, and it starts again by itself`() throws
    {
        try World.run(limits: Self.hundred) { kiosk in
            kiosk.network.goDown()
            try await kiosk.startTopUp()
            try await kiosk.insert(50)
            #expect(await kiosk.cashHindrances.isEmpty)

            try await kiosk.insert(50)
            #expect(await kiosk.cashHindrances == ["offlineTooLong"])
            #expect(await kiosk.alarms.contains("outboxFull"))
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 100)
            kiosk.network.comeBack()
            try await kiosk.until("cash to be taken again", within: .seconds(600)) {
                await kiosk.cashHindrances.isEmpty
            }

            #expect(await kiosk.alarms.isEmpty)
        }
    }

    @Test func `silence beyond the limit stops the cash as well, after a warning`() throws {
        var limits = KioskSettings.Limits()
        limits.offlineAge = .seconds(3600)
        try World.run(limits: limits) { kiosk in
            kiosk.network.goDown()
            try await kiosk.startTopUp()
            try await kiosk.insert(10)
            try await kiosk.touch("finish")

            try await kiosk.advance(.seconds(55 * 60))
            #expect(await kiosk.cashHindrances.isEmpty)
            #expect(await kiosk.alarms == ["officeUnreachable", "outboxNearlyFull"])
            try await kiosk.advance(.seconds(5 * 60))

            #expect(await kiosk.cashHindrances == ["offlineTooLong"])
            #expect(await kiosk.alarms == ["officeUnreachable", "outboxFull"])
        }
    }
}
