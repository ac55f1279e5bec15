import KioskModel
import Testing

@testable import KioskFlows

@Suite struct RandomVisitTests {
    /// The walk itself checks at each step: the ledger takes the entries and balances, nothing is credited that was not
    /// meant to be kept, nothing is kept before its intent, the slot is open at its own screen only.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `20000 events of every kind break no rule of the books`(seed: UInt64) {
        var visits = RandomVisits(seed: seed)

        for _ in 0..<20_000 { visits.step() }

        let ledger = visits.walk.ledger
        let open = ledger.openSession == nil ? 0 : 1
        #expect(ledger.sessionsEnded.values.reduce(0, +) + open == ledger.sessionsStarted)
        #expect(ledger.sessionsStarted > 100 && ledger.orders.count > 50)
        #expect(Set(ledger.sessionsEnded.keys) == Set(SessionOutcome.allCases))
        #expect(visits.names == Set(Screen.Name.allCases))
    }

    @Test func `the same seed makes the same journal`() {
        var (first, second) = (RandomVisits(seed: 9), RandomVisits(seed: 9))

        for _ in 0..<2000 {
            first.step()
            second.step()
        }

        #expect(first.walk.entries == second.walk.entries)
    }
}
