import KioskModel
import Office
import Testing

@testable import OfficeWeb

/// The billing system's words, before anybody sees them.
@Suite struct BillingReplyTests {
    private let marks = "a" + String(repeating: "\u{301}", count: 10_000)

    @Test(arguments: [
        "13800138000", "a13800138000b", "13800138\u{301}000", "1\u{301}3800138000\u{20E3}",
    ])
    func `a number is masked, also with accents on its digits`(_ text: String) {
        let shown = BillingReply.shown(text)

        #expect(
            shown.unicodeScalars.split { !("0"..."9").contains($0) }.allSatisfy { $0.count < 9 })
    }

    @Test func `words are bounded, also when one character is many`() throws {
        let topUp = try #require(
            TopUp(.object(["id": .string(marks), "status": .string("completed")])))

        #expect(BillingReply.shown(marks).unicodeScalars.count == BillingReply.textMax)
        #expect(
            topUp.answer
                == .completed(reference: marks.clipped(to: BillingReply.textMax)))
    }

    @Test func `words lose what a terminal would obey`() {
        #expect(BillingReply.shown("\u{1B}[2Jno credit\n") == "[2Jno credit")
    }
}
