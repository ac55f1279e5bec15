import DeviceKit
import Foundation
import Testing

struct StrictYAMLTests {
    private func yaml(_ text: String) throws -> StrictYAML {
        try StrictYAML(text: text, file: "x.yaml")
    }

    /// The fault that reading gives, as people see it.
    private func fault(_ text: String, _ read: (StrictYAML) throws -> Void) -> String {
        do {
            let yaml = try yaml(text)
            try read(yaml)
            try yaml.end()
            return "no fault"
        } catch { return "\(error)" }
    }

    @Test func `plain keys, lists and mappings are read`() throws {
        let yaml = try yaml("a: text\nn: 0x1A86\nflag: true\nlist: [x, y]\ninner:\n  k: 7\n")

        #expect(try yaml.text("a") == "text")
        #expect(try yaml.integer("n", in: 0...0xFFFF) == 0x1A86)
        #expect(try yaml.optionalBoolean("flag") == true)
        #expect(try yaml.texts("list") == ["x", "y"])
        #expect(try yaml.mapping("inner").integer("k", in: 1...9) == 7)
        try yaml.end()
    }

    @Test func `quoted text is text, whatever it looks like`() throws {
        let top = try StrictYAML(text: "a: \"10086\"\nb: 'x: y'", file: "quoted.yaml")

        #expect(try top.text("a") == "10086")
        #expect(try top.text("b") == "x: y")
    }

    @Test func `an unknown key is refused with its line and what is allowed`() {
        let found = fault("a: 1\nb: 2\n") { _ = try $0.text("a") }

        #expect(found == "x.yaml:2: b: no such key; allowed here: a")
    }

    @Test func `an unknown key inside a mapping is named from the top`() {
        let found = fault("poll:\n  a: 1\n  typo: 2\n") {
            let poll = try $0.mapping("poll")
            _ = try poll.text("a")
            try poll.end()
        }

        #expect(found == "x.yaml:3: poll.typo: no such key; allowed here: a")
    }

    @Test(arguments: ["b: 1\na: 2\na: 3\n", "t:\n  a: 1\n  a: 2\n"])
    func `a key that is there twice is refused`(_ text: String) {
        let found = fault(text) {
            _ = try $0.optionalText("b")
            if $0.has("t") { _ = try $0.mapping("t").optionalText("a") }
        }

        #expect(
            found.hasPrefix("x.yaml:2: ") && found.contains("a: expected each key once"), "\(found)"
        )
    }

    @Test(arguments: ["soon", "1.5", "", "70", "-1", "0xZZ", "1_0", "99999999999999999999", "+5"])
    func `a number that is none, or out of range, is refused`(_ value: String) {
        let found = fault("a: 1\nn: \(value)\n") {
            _ = try $0.text("a")
            _ = try $0.integer("n", in: 0...60)
        }

        #expect(found.hasPrefix("x.yaml:2: n: expected"), "\(found)")
    }

    @Test(arguments: ["[1, 2]", "{ k: 1 }"])
    func `a list or mapping where text belongs is refused`(_ value: String) {
        let found = fault("n: \(value)\n") { _ = try $0.text("n") }

        #expect(found.hasPrefix("x.yaml:1: n: expected text, got a "), "\(found)")
    }

    @Test func `text where a list or mapping belongs is refused`() {
        let list = fault("n: 1\n") { _ = try $0.texts("n") }
        let mapping = fault("n: 1\n") { _ = try $0.mapping("n") }
        let inList = fault("n: [[1]]\n") { _ = try $0.texts("n") }

        #expect(list == "x.yaml:1: n: expected a list, got `1`")
        #expect(mapping == "x.yaml:1: n: expected `key: value` lines, got `1`")
        #expect(inList == "x.yaml:1: n: expected a list of text, got a list in it")
    }

    @Test(arguments: ["yes", "True", "1", "on"])
    func `only true and false are boolean`(_ value: String) {
        let found = fault("flag: \(value)\n") { _ = try $0.optionalBoolean("flag") }

        #expect(found == "x.yaml:1: flag: expected true or false, got `\(value)`")
    }

    @Test func `a missing key says what it should hold`() {
        let found = fault("a: 1\n") { _ = try $0.integer("n", in: 1...9) }

        #expect(
            found == "x.yaml:1: n: expected an integer from 1 to 9, got nothing: the key is missing"
        )
    }

    @Test(arguments: [
        "a: &name 1\nb: 2\n", "a: 1\nb: &name [2]\n", "a: 1\nb: [&name 2]\n",
        "a: &name 1\nb: *name\n", "&top\na: 1\nb: 2\n", "a: 1\nb: { &k k: 1 }\n",
    ])
    func `anchors and aliases are refused`(_ text: String) {
        let found = fault(text) {
            for key in $0.keys {
                if (try? $0.optionalText(key)) == nil { _ = try? $0.texts(key) }
            }
        }

        #expect(found.hasPrefix("x.yaml:") && found.contains("anchor"), "\(found)")
    }

    @Test(arguments: ["a: !!int 1\n", "a: !secret x\n", "a: [!!int 1]\n", "!!map\na: 1\n"])
    func `tags are refused`(_ text: String) {
        let found = fault(text) { _ = (try? $0.optionalText("a")) ?? nil }

        #expect(found.hasPrefix("x.yaml:1: ") && found.contains("tag"), "\(found)")
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n", "- a\n- b\n", "just text\n", "null\n"])
    func `a file that is no mapping is refused`(_ text: String) {
        let found = fault(text) { _ in }

        #expect(found.contains("expected `key: value` lines"), "\(found)")
    }

    @Test(arguments: [
        "a: [1, 2\nb: 3\n", "a: \"open\n", "\tb: 1\n", "a: 1\n b: 2\n", "%YAML 9.9\n---\na: 1\n",
        "a: 1\n---\nb: 2\n", "a: \u{1}\n",
    ])
    func `what is not YAML is refused and never crashes`(_ text: String) {
        let found = fault(text) { _ = (try? $0.optionalText("a")) ?? nil }

        #expect(found.hasPrefix("x.yaml:") && found != "no fault", "\(found)")
    }

    @Test func `nesting without end is refused and never crashes`() {
        let deep = String(repeating: "[", count: 100_000)

        #expect(fault("a: " + deep) { _ in }.hasPrefix("x.yaml:"))
        #expect(fault(String(repeating: "- ", count: 60_000)) { _ in }.hasPrefix("x.yaml:"))
    }

    @Test(.timeLimit(.minutes(1)))
    func `aliases of aliases are refused before they are multiplied`() {
        var text = "- &a [x, x, x, x, x, x, x, x]\n"
        for (name, other) in zip("bcdefghijk", "abcdefghij") {
            text += "- &\(name) [*\(other), *\(other), *\(other), *\(other)]\n"
        }
        let found = fault(text + "- { ? *k : 1, ? *j : 2 }\n") { _ in }

        #expect(found.hasPrefix("x.yaml:4: ") && found.contains("alias"), "\(found)")
    }

    @Test func `stars inside words and after spaces are no aliases`() throws {
        let words = String(repeating: "a*b * c ", count: 20)
        let yaml = try StrictYAML(text: "a: \(words)x\n", file: "x.yaml")

        #expect(try yaml.text("a") == words + "x")
    }

    @Test(arguments: [
        "\(String(repeating: "k", count: 100_000)): 1\n",
        "n: \(String(repeating: "v", count: 1024))\n",
        "l: [\(String(repeating: "i", count: 100_000))]\n",
        "n: a\(String(repeating: "\u{301}", count: 500))\n",
        "n: \"\\e[2J\\0\\n\"\n",
    ])
    func `a fault is one short line, whatever it quotes`(_ text: String) {
        let found = fault(text) {
            _ = try $0.optionalInteger("n", in: 1...2)
            _ = try $0.texts("l")
            try $0.end()
        }

        #expect(found.hasPrefix("x.yaml:1: ") && found.unicodeScalars.count < 700, "\(found)")
        #expect(!found.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test func `an override is asked first and is as strict`() throws {
        let yaml = try StrictYAML(
            text: "office:\n  url: a\n  n: 1\n", file: "x.yaml",
            override: { ["office.url": "b", "office.n": "x"][$0] })
        let office = try yaml.mapping("office")

        #expect(try office.text("url") == "b")
        #expect(throws: YAMLFault.self) { try office.integer("n", in: 1...2) }
    }

    @Test func `a missing file, a directory, other bytes and too many are refused`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/yaml-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data([0x61, 0x3A, 0x20, 0xFF, 0xFE]).write(to: URL(filePath: folder + "/latin.yaml"))
        try Data(repeating: 0x61, count: 300 * 1024).write(to: URL(filePath: folder + "/big.yaml"))

        for name in ["/none.yaml", "", "/latin.yaml", "/big.yaml"] {
            let fault = #expect(throws: YAMLFault.self) {
                try StrictYAML.read(file: folder + name)
            }
            #expect(fault?.file == folder + name && fault?.line == 0)
        }
    }
}
