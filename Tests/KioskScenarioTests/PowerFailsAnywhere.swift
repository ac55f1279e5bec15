import KioskWorld
import Testing

/// A slice of `kiosk-simulate cuts`, which makes them all.
struct PowerFailsAnywhere {
    private static let cutsOfEach = 2

    @Test(arguments: Incident.all.map(\.name))
    func `no fen is lost and none made`(_ name: String) throws {
        let incident = try #require(Incident.all.first { $0.name == name })
        let cuts = incident.cuts(try incident.size())
        let step = max(1, cuts.count / Self.cutsOfEach)

        // Another place in each incident.
        for place in stride(from: incident.name.utf8.count % step, to: cuts.count, by: step) {
            #expect(incident.run(cuts[place]) == nil, "\(cuts[place])")
        }
    }
}
