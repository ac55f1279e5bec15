import KioskWorld
import Testing

struct NextCustomer {
    @Test(arguments: Incident.all.map(\.name))
    func `whatever happened to one customer, the next one can pay`(_ name: String) throws {
        let incident = try #require(Incident.all.first { $0.name == name })

        #expect(throws: Never.self) { try incident.serveNextCustomer() }
    }
}
