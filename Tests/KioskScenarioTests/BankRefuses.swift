import KioskFlows
import KioskWorld
import Testing
import VirtualWorld

struct BankRefuses {
    @Test func `the money is owed back, and the customer is told`() throws {
        try World.run { kiosk in
            kiosk.bank.become(.refuses)
            try await kiosk.startTopUp()
            try await kiosk.insert(50)

            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 50, within: .seconds(20))

            #expect(await kiosk.account("REFUND_DUE") == 5000)
            #expect(try await kiosk.entries("orderSettled").last?.contains("state=refused") == true)
        }
    }

    @Test func `an answer that is lost is asked about, never posted twice`() throws {
        try World.run { kiosk in
            kiosk.bank.become(.cutAfter)
            try await kiosk.startTopUp()
            try await kiosk.insert(50)
            try await kiosk.touch("finish")
            try await kiosk.see(.outcome, yuan: 50, within: .seconds(20))

            kiosk.bank.become(.normal)
            try await kiosk.until("the credit", within: .seconds(600)) {
                await kiosk.account("POSTED") == 5000
            }

            #expect(kiosk.bank.books.postings.count == 1)
        }
    }
}
