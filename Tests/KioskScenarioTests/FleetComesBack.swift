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

    @Test func `when a commit takes long the office's moments keep its door free`() throws {
        func slow(_ pacing: Storm.Pacing) throws -> StormReport {
            try storm { settings in
                settings.pacing = pacing
                settings.speed.event = .milliseconds(8)
            }
        }

        let (paced, unpaced) = (try slow(.full), try slow(.jitter))

        #expect(paced.violations.isEmpty)
        #expect(paced.refused * 4 < unpaced.refused)
        #expect(paced.longestWaitSeconds > 5)
    }

    @Test func `the same seed gives the same storm`() throws {
        let (first, second) = (try storm { $0.kiosks = 12 }, try storm { $0.kiosks = 12 })
        let other = try storm { ($0.kiosks, $0.seed) = (12, 2) }

        #expect(first.digest == second.digest)
        #expect(first.digest != other.digest)
    }
}
