import Testing
import VirtualWorld

struct JSONValueTests {
    @Test(arguments: [
        "0.07", "4.35", "99999999.99", "70.00", "-35.60", "1e2", "12345678901234567890",
    ])
    func `numbers stay the text they were`(text: String) throws {
        guard case .number(let read) = try JSONValue(text) else {
            Issue.record("expected a number")
            return
        }
        #expect(read == text)
        #expect(try JSONValue("[\(text)]").text == "[\(text)]")
    }

    @Test func `strings, escapes and surrogate pairs are read and written`() throws {
        let value = try JSONValue(#"{"a":"张*明 \"\\\n\u00e9\ud83d\ude00","b":[true,false,null]}"#)

        #expect(value["a"]?.string == "张*明 \"\\\né😀")
        #expect(value.text == #"{"a":"张*明 \"\\\né😀","b":[true,false,null]}"#)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", ".5", "+1", "NaN", "1e",
        "\"\\x\"", "\"\\ud800\"", "\"\\u+123\"", "\"\\u-000\"", "\"a", "tru", "1 2", "{a:1}", "'a'",
        String(repeating: "[", count: 100),
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(text) }
    }
}
