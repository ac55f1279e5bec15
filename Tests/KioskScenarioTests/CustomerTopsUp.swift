import KioskFlows
import KioskWorld
import Testing

struct CustomerTopsUp {
    @Test func `a customer tops up 70 yuan with two notes`() throws {
        try World.run { kiosk in
            try await kiosk.startTopUp()

            try await kiosk.insert(50, 20)
            try await kiosk.see(.insertNotes, yuan: 70)
            try await kiosk.touch("finish")

            try await kiosk.see(.outcome, yuan: 70)
            try await kiosk.until("the receipt", within: .seconds(15)) {
                await kiosk.receipts.count == 1
            }
            let receipt = try #require(await kiosk.receipts.first)
            #expect(receipt.contains("70.00") && receipt.contains("138****8000"), "\(receipt)")
            #expect(await kiosk.account("POSTED") == 7000)
        }
    }
}
