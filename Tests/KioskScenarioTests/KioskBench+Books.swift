import KioskModel
import KioskRuntime
import KioskStore
import Office
import Testing
import VirtualWorld

/// Held against each other at the end of every incident: the cassette, the kiosk's books, the office's, the bank's.
extension KioskBench {
    /// Help comes: power, network and billing system work again, the customer has gone. Then everything must be told and
    /// posted, and not a fen may be missing or made.
    func expectBooksBalance() async throws {
        await network.comeBack()
        await bank.become(.normal)
        try await line.say("plug")
        try await line.say("clear all")
        if life == nil { try await restart() }
        try await until("the visit to end and everything to be delivered", within: .seconds(1800)) {
            try await self.isQuiet
        }
        try await expectCassetteFits()
        try await expectOfficesAgree()
        #expect(try life?.journal.verify().firstBroken == nil)
    }

    private var isQuiet: Bool {
        get async throws {
            let status = await kiosk.status()
            let waits = await kiosk.outbox().contains { $0.acked < $0.last }
            let due = await (account("TOPUP_DUE"), account("CREDIT"))
            let isMoving = await !line.truth().inPath.isEmpty
            return !status.openSession && !waits && !isMoving && due == (0, 0)
        }
    }

    /// What was credited lies in the cassette; what lies there beyond it is in doubt.
    private func expectCassetteFits() async throws {
        let (truth, ledger) = (await line.truth(), await kiosk.ledger())
        let (credited, doubtful) = (
            ledger.accounts["STACKER"] ?? 0, ledger.accounts["UNLOCATED"] ?? 0
        )
        let inside = truth.cassetteFen + truth.inPath.reduce(0, +)
        #expect(credited <= truth.cassetteFen, "credited more than there is: \(truth)")
        #expect(inside <= credited + doubtful, "money in the cassette that no book knows: \(truth)")
        let assets = credited + doubtful
        let owed = ["CREDIT", "TOPUP_DUE", "POSTED", "REFUND_DUE", "REFUNDED", "SUSPENSE"]
            .reduce(0) { $0 + (ledger.accounts[$1] ?? 0) }
        #expect(assets == owed)
    }

    private func expectOfficesAgree() async throws {
        let (credited, posted) = (await account("STACKER"), await account("POSTED"))
        let office = await office.ledger()
        #expect(office.balanced)
        #expect(office.accounts["RECEIVED"] == credited)
        #expect(office.accounts["POSTED"] == posted)
        let books = await bank.books
        #expect(books.total.fen == posted)
        #expect(books.countsByOrder.values.allSatisfy { $0 == 1 }, "posted twice")
    }
}
