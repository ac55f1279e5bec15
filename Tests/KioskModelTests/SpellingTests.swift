import KioskModel
import Testing

/// Names that travel between programs have one spelling each.
struct SpellingTests {
    @Test(arguments: [
        "+0112233aabbccdd", "-000000000000000", "00112233AABBCCDD", "112233aabbccdd", "",
        "000112233aabbccdd", "0x12233aabbccdde",
    ])
    func `an epoch is sixteen lower-case hex digits and nothing else`(_ text: String) {
        #expect(Epoch(hex: text) == nil)
        #expect(Epoch(hex: "00112233aabbccdd")?.hex == "00112233aabbccdd")
    }

    @Test(arguments: ["+42", "042", "-42", "0", "4 2", "", "9223372036854775808"])
    func `an order's session is spelt as it is counted`(_ session: String) {
        #expect(OrderID(text: "K0001-00112233aabbccdd-\(session)") == nil)
        #expect(
            OrderID(text: "K0001-00112233aabbccdd-42")?.text == "K0001-00112233aabbccdd-42")
    }

    @Test func `what others wrote is clipped to scalars, without control characters`() {
        let accents = "a" + String(repeating: "\u{301}", count: 10_000)

        #expect(accents.count == 1 && accents.clipped(to: 10).unicodeScalars.count == 10)
        #expect("\u{1B}[2J\0a\nb\u{85}".clipped(to: 10) == "[2Jab")
        #expect("张三".clipped(to: 1) == "张")
    }

    @Test func `a fault is one line of bounded length, whatever it quotes`() {
        let fault = Fault(
            .software, .configuration, operation: "listen", expected: "an address",
            got: "got `\u{1B}]0;x\u{7}\n" + String(repeating: "x", count: 100_000),
            remedy: "Mend it.")

        #expect(fault.got.unicodeScalars.count == Fault.textMax)
        #expect("\(fault)".hasPrefix("listen: expected an address, got `]0;xxx"))
    }
}
