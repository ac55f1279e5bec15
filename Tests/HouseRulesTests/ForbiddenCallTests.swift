import Testing

/// Calls that break safety or repeatability stay out, each with its cure.
struct ForbiddenCallTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        let name: String
        let pattern: String
        let cure: String
        /// A line the rule must find.
        let bad: String
        /// Path beginnings where it is allowed, each with a reason in the code there.
        var allowed: [String] = []
        var testDescription: String { name }
    }

    /// Where the real world comes in: clocks, sockets, threads.
    private static let edges = [
        "Sources/Machine/", "Sources/Links/", "Sources/OfficeClient/", "Sources/KioskScreen/",
        "Sources/OfficeWeb/", "Sources/kioskd/", "Sources/kioskctl/", "Sources/kiosk-office/",
        "Sources/kiosk-sim/",
    ]

    static let rules: [Rule] = [
        Rule(
            name: "try!", pattern: #"(^|\W)try!"#, cure: "a typed throw", bad: "let x = try! read()"
        ),
        Rule(
            name: "as!", pattern: #"(^|\W)as!"#, cure: "a switch over a closed enum",
            bad: "x as! Int"),
        Rule(
            name: "fatalError", pattern: #"(^|\W)fatalError\("#, cure: "preconditionFailure",
            bad: "fatalError(\"x\")"),
        Rule(
            name: "print", pattern: #"(^|[^.\w])print\(""#,
            cure: "a logger, or the program's own output type",
            bad: "    print(\"\")",
            allowed: [
                "Sources/kioskctl/", "Sources/kiosk-office/", "Sources/kiosk-sim/",
            ]),
        Rule(
            name: "Task {", pattern: #"(^|\W)Task\s*(\(priority[^)]*\))?\s*\{"#,
            cure: "a task group",
            bad: "Task { await run() }"),
        Rule(
            name: "Task.detached", pattern: #"Task\.detached"#, cure: "a task group",
            bad: "Task.detached { }"),
        Rule(
            name: "Task.sleep", pattern: #"Task\.sleep"#, cure: "the injected Timekeeper",
            bad: "try await Task.sleep(for: .seconds(1))", allowed: edges),
        Rule(
            name: "Date()", pattern: #"(^|\W)Date\(\)"#, cure: "the injected Timekeeper",
            bad: "let now = Date()",
            allowed: edges),
        Rule(
            name: "UUID()", pattern: #"(^|\W)UUID\(\)"#, cure: "an id made from what never repeats",
            bad: "UUID()"),
        Rule(
            name: "DispatchQueue", pattern: #"DispatchQueue"#, cure: "an actor",
            bad: "DispatchQueue.main.async {}", allowed: ["Sources/Links/"]),
        Rule(
            name: "@unchecked Sendable", pattern: #"@unchecked Sendable"#,
            cure: "an actor or a value",
            bad: "final class A: @unchecked Sendable {",
            allowed: ["Sources/Links/", "Sources/VirtualWorld/VirtualScheduler.swift"]),
        Rule(
            name: "nonisolated(unsafe)", pattern: #"nonisolated\(unsafe\)"#,
            cure: "an actor or a value",
            bad: "nonisolated(unsafe) var a = 1", allowed: ["Sources/Links/"]),
        Rule(
            name: "try? on money", pattern: #"try\?\s*(self\.)?journal\.append"#,
            cure: "handle the fault: fail closed",
            bad: "try? journal.append(entries)"),
    ]

    @Test(arguments: rules)
    func `the sources are free of it`(rule: Rule) throws {
        let pattern = try Regex(rule.pattern)

        for file in Tree.files("Sources", ending: ".swift")
        where !rule.allowed.contains(where: file.path.hasPrefix) {
            for (number, line) in file.lines.enumerated() {
                let code = ForbiddenCallTests.code(of: line)
                #expect(
                    code.firstMatch(of: pattern) == nil,
                    "\(file.path):\(number + 1): \(rule.name); use \(rule.cure)")
            }
        }
    }

    @Test(arguments: rules)
    func `each rule finds its own bad sample`(rule: Rule) throws {
        #expect(rule.bad.firstMatch(of: try Regex(rule.pattern)) != nil)
    }

    @Test func `the model and the flows know no Foundation, no system and no clock`() {
        for folder in ["Sources/KioskModel", "Sources/KioskFlows"] {
            for file in Tree.files(folder, ending: ".swift") {
                let imports = file.lines.filter {
                    $0.firstMatch(of: #/^\s*(public |internal )?import /#) != nil
                }
                for line in imports {
                    #expect(line.hasSuffix("KioskModel"), "\(file.path): \(line)")
                }
            }
        }
    }

    /// The line without its comment and its string literals.
    private static func code(of line: Substring) -> String {
        guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { return "" }
        return line.replacing(/"(\\.|[^"\\])*"/, with: "\"\"").split(separator: "//", maxSplits: 1)
            .first
            .map(String.init) ?? ""
    }
}
