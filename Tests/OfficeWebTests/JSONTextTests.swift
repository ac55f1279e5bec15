import KioskModel
import Testing

@testable import OfficeWeb

/// The reader of JSON that keeps numbers as they are written.
@Suite struct JSONTextTests {
    @Test func `a number stays the text it came as`() {
        let json = JSONText(#" {"a": [70.00, -0.07, 1e2, 0], "b": {"c": "x", "d": null}} "#.utf8)

        #expect(
            json?["a"]?.items == [.number("70.00"), .number("-0.07"), .number("1e2"), .number("0")])
        #expect(json?["b"]?["c"]?.text == "x")
        #expect(json?["b"]?["d"] == .null)
    }

    @Test(arguments: [
        ("0.07", 7), ("4.35", 435), ("99999999.99", 9_999_999_999), ("-3.05", -305), ("70", 7000),
        ("70.5", 7050),
    ])
    func `an amount is read to the fen`(_ text: String, _ fen: Int64) {
        #expect(JSONText(text.utf8)?.yuan == Money(fen: fen))
    }

    @Test(arguments: ["1.005", "70.000", "1e2", "1E-2", "\"4.35\"", "true", "9999999999999999"])
    func `what is no amount is refused`(_ text: String) {
        #expect(JSONText(text.utf8) != nil)
        #expect(JSONText(text.utf8)?.yuan == nil)
    }

    @Test(arguments: [
        "", "NaN", "Infinity", "+1", "01", "1.", ".5", "1e", "-", "[1,]", "{\"a\":1,}", "{a:1}",
        "[1] 2", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\ud800""#, "tru", #"{"a":1,"a":2}"#, "[",
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ])
    func `what is not JSON, or could be read two ways, is nothing`(_ text: String) {
        #expect(JSONText(text.utf8) == nil)
    }

    @Test func `bytes that are not UTF-8 are nothing`() {
        #expect(JSONText([0x22, 0xFF, 0x22]) == nil)
    }

    @Test func `text written is text read`() {
        let text = "\"\\/\u{8}\n\t\u{1F} 张*明 😀"

        #expect(JSONText(JSONText.quoted(text).utf8)?.text == text)
        #expect(JSONText(#""\u5f20\ud83d\ude00\/""#.utf8)?.text == "张😀/")
    }
}
