import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

/// Incidents without a power cut, of which nothing is asked but the sentences: each of them is the only one that catches
/// some planted bug.
struct IncidentsEndWell {
    @Test(arguments: Incident.notes.map(\.name))
    func `every sentence holds after notes went in`(_ name: String) throws {
        try happen(name)
    }

    @Test(arguments: Incident.changes.map(\.name))
    func `every sentence holds after the customer changed their mind`(_ name: String) throws {
        try happen(name)
    }

    @Test(arguments: Incident.unit.map(\.name))
    func `every sentence holds after trouble with the unit`(_ name: String) throws {
        try happen(name)
    }

    @Test(arguments: Incident.office.map(\.name))
    func `every sentence holds after trouble with the office`(_ name: String) throws {
        try happen(name)
    }

    @Test(arguments: Incident.machine.map(\.name))
    func `every sentence holds after trouble with the machine`(_ name: String) throws {
        try happen(name)
    }

    private func happen(_ name: String) throws {
        let incident = try #require(Incident.all.first { $0.name == name })
        #expect(try incident.size().moments > 0)
    }

    // Stories that are too rare to be cut at every moment

    @Test func `every sentence holds after the customer finishes as soon as the note counts`()
        throws
    {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])

            try await kiosk.waitFor(entry: "noteCredited")
            try await kiosk.touch("finish")

            try await kiosk.see(.outcome, yuan: 50)
        }
    }

    @Test func `every sentence holds after the customer leaves while the unit holds a note`()
        throws
    {
        try World.run { kiosk in
            try await kiosk.startTopUp()
            try await kiosk.offer([50])
            try await kiosk.until("a note in the path", step: .milliseconds(5)) {
                !kiosk.truth.inPath.isEmpty
            }
            try await kiosk.advance(.milliseconds(905))

            try await kiosk.touch("quit")

            try await kiosk.waitFor(entry: "noteOffered")
            try await kiosk.waitFor(returned: 50)
        }
    }

    @Test func `every sentence holds after a refused payment and a good one`() throws {
        try World.run { kiosk in
            kiosk.bank.become(.refuses)
            try await pay(50, at: kiosk)
            kiosk.bank.become(.normal)

            try await pay(20, at: kiosk)
        }
    }

    @Test func `every sentence holds after two payments of which one got no receipt`() throws {
        try World.run { kiosk in
            try await kiosk.printer.say("fault service-gone")
            try await kiosk.until("the alarm") { await kiosk.alarms == ["printerLost"] }
            try await pay(50, at: kiosk)
            try await kiosk.printer.say("clear service-gone")
            try await kiosk.until("the alarm's end") { await kiosk.alarms.isEmpty }

            try await pay(20, at: kiosk)
        }
    }

    @Test func `every sentence holds after a power cut with an alarm that nobody has heard`() throws
    {
        try World.run { kiosk in
            kiosk.network.goDown()
            try await kiosk.printer.say("fault paper-out")
            try await kiosk.waitFor(entry: "alarmRaised")

            try kiosk.cutPower(.unsyncedLost)
            try kiosk.restart()

            try await kiosk.ready()
            try await kiosk.printer.say("clear paper-out")
        }
    }

    /// One visit from the first screen to the next customer's.
    private func pay(_ yuan: Int, at kiosk: World) async throws {
        try await kiosk.startTopUp()
        try await kiosk.insert(yuan)
        try await kiosk.touch("finish")
        try await kiosk.see(.outcome, yuan: Int64(yuan), within: .seconds(30))
        try await kiosk.see(.attract, within: .seconds(240))
    }
}
