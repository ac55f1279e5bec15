import KioskWorld
import Testing

/// One office, a whole fleet that had none for hours, one moment. `make storm` is the same with ten thousand kiosks.
struct FleetComesBack {
    private func storm(_ change: (inout Storm.Settings) -> Void) throws -> StormReport {
        var settings = Storm.Settings()
        (settings.kiosks, settings.customers, settings.visitsMax) = (200, 16, 9)
        settings.lookout = .seconds(600)
        change(&settings)
        return try Storm(settings).run()
    }

    @Test func `everything arrives once and in order, and no second sees a crowd at the door`()
        throws
    {
        let report = try storm { $0.hours = 8 }

        #expect(report.violations.isEmpty)
        #expect(report.entries > 10_000 && report.entriesAtOffice > report.entries)
        #expect(report.fen > 0 && report.orders > 400)
        #expect(report.virtualMinutesUntilDrained < 15)
    }

    @Test func `without any pacing the same fleet stands at the door in one second`() throws {
        let report = try storm { $0.pacing = .none }

        #expect(report.peakArrivalsPerSecond >= 200)
        #expect(report.violations.count == 1)
        #expect(report.violations.first?.contains("batches at the door") == true)
    }

    @Test
    func `when the mains come back in the whole town nobody's money is sent away again and again`()
        throws
    {
        func town(_ pacing: Storm.Pacing) throws -> StormReport {
            try storm { settings in
                // The couriers start within two seconds, before an office that is thirty times slower.
                (settings.pacing, settings.lookout) = (pacing, .zero)
                settings.speed.event = .milliseconds(3)
            }
        }

        let (paced, unpaced) = (try town(.full), try town(.jitter))

        #expect(paced.lost == 0 && paced.twice == 0 && paced.outOfOrder == 0)
        #expect(paced.virtualMinutesUntilDrained > 0)
        #expect(paced.slowestAnswerSeconds < 45)
        #expect(paced.mostMoneyRefusals < unpaced.mostMoneyRefusals)
        #expect(paced.refused * 2 < unpaced.refused)
    }

    @Test func `the same seed gives the same storm`() throws {
        let (first, second) = (try storm { $0.kiosks = 12 }, try storm { $0.kiosks = 12 })
        let other = try storm { ($0.kiosks, $0.seed) = (12, 2) }

        #expect(first.digest == second.digest)
        #expect(first.digest != other.digest)
    }
}
