internal import Foundation
internal import KioskModel
internal import Yams

/// What is wrong with a YAML file: "devices/x.yaml:7: poll.intervalMs: expected an integer from 50 to 5000, got `soon`".
public struct YAMLFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1; 0 when the file as a whole is meant.
    public let line: Int
    /// The keys from the top: "poll.intervalMs"; empty for the file as a whole.
    public let key: String
    /// What was expected, what came, what would be right.
    public let problem: String

    /// The longest key and problem; both may quote the file. Unicode scalars.
    public static let keyMax = 120
    public static let problemMax = 500

    /// Key and problem are clipped and lose their control characters: a fault is one line in a log or terminal.
    public init(file: String, line: Int, key: String, problem: String) {
        (self.file, self.line) = (file, line)
        self.key = key.clipped(to: YAMLFault.keyMax)
        self.problem = problem.clipped(to: YAMLFault.problemMax)
    }

    public var description: String {
        "\(file):\(line): " + (key.isEmpty ? "" : "\(key): ") + problem
    }
}

/// A YAML mapping read strictly: unknown keys, duplicate keys, anchors, tags and wrong types are refused with file,
/// line, key and what would be right. Read every key that may be there, then call `end()`.
///
/// A scalar may be overridden: `override("office.url")` is asked first, as for KIOSK_OFFICE_URL in the environment.
public final class StrictYAML {
    public typealias Override = (_ key: String) -> String?

    public let file: String
    public let line: Int
    /// The keys from the top to this mapping; empty at the top.
    public let path: String
    private let entries: [(key: String, line: Int, value: Node)]
    private let override: Override
    private var read: Set<String> = []

    /// Reads a file. `name` is how faults call it.
    public static func read(file: String, override: @escaping Override = { _ in nil })
        throws(YAMLFault) -> StrictYAML
    {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw YAMLFault(
                file: file, line: 0, key: "",
                problem: "expected a readable file, got none. Check the path and its rights.")
        }
        guard bytes.count <= 256 * 1024 else {
            throw YAMLFault(
                file: file, line: 0, key: "",
                problem: "expected at most 256 KiB, got \(bytes.count) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLFault(
                file: file, line: 0, key: "", problem: "expected UTF-8 text, got other bytes")
        }
        return try StrictYAML(text: text, file: file, override: override)
    }

    public convenience init(
        text: String, file: String, override: @escaping Override = { _ in nil }
    ) throws(YAMLFault) {
        try StrictYAML.refuseManyAliases(in: text, file: file)
        let root: Node?
        do {
            // `basic` leaves every plain word a text: what it means is decided by who reads it.
            let parser = try Parser(yaml: text, resolver: .basic)
            root = try parser.singleRoot()
            // Nodes hold their anchors weakly: they are there only as long as the parser is.
            try withExtendedLifetime(parser) {
                if let root { try StrictYAML.refuseExtras(root, file: file, key: "") }
            }
        } catch let error as YAMLFault {
            throw error
        } catch let error as YamlError {
            throw StrictYAML.fault(of: error, file: file)
        } catch {
            throw YAMLFault(file: file, line: 0, key: "", problem: "\(error)")
        }
        guard let root else {
            throw YAMLFault(
                file: file, line: 1, key: "", problem: "expected `key: value` lines, got nothing")
        }
        try self.init(node: root, file: file, path: "", override: override)
    }

    private init(node: Node, file: String, path: String, override: @escaping Override)
        throws(YAMLFault)
    {
        (self.file, self.path, self.override) = (file, path, override)
        line = node.mark?.line ?? 0
        guard case .mapping(let mapping) = node else {
            throw YAMLFault(
                file: file, line: node.mark?.line ?? 0, key: path,
                problem: "expected `key: value` lines, got \(StrictYAML.kind(node))")
        }
        var entries: [(String, Int, Node)] = []
        var seen: [String: Int] = [:]
        for (key, value) in mapping {
            let (name, at) = (key.scalar?.string ?? "?", key.mark?.line ?? 0)
            if let first = seen[name] {
                throw YAMLFault(
                    file: file, line: at, key: StrictYAML.join(path, name),
                    problem: "expected each key once, got it again (first in line \(first))")
            }
            seen[name] = at
            entries.append((name, at, value))
        }
        self.entries = entries
    }

    public var keys: [String] { entries.map(\.key) }
    public func has(_ key: String) -> Bool { entry(key) != nil || override(full(key)) != nil }

    // Scalars

    public func text(_ key: String) throws(YAMLFault) -> String {
        guard let value = try optionalText(key) else { throw missing(key, "text") }
        return value
    }

    public func optionalText(_ key: String) throws(YAMLFault) -> String? {
        read.insert(key)
        if let given = override(full(key)) { return given }
        guard let entry = entry(key) else { return nil }
        guard case .scalar(let scalar) = entry.value else {
            throw wrong(key, "expected text, got \(StrictYAML.kind(entry.value))")
        }
        return try text(of: scalar, key)
    }

    /// Decimal, or hex as `0x1a86`.
    public func integer(_ key: String, in range: ClosedRange<Int>) throws(YAMLFault) -> Int {
        guard let value = try optionalInteger(key, in: range) else {
            throw missing(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(YAMLFault)
        -> Int?
    {
        guard let text = try optionalText(key) else { return nil }
        let isHex = text.hasPrefix("0x")
        let value = isHex ? Int(text.dropFirst(2), radix: 16) : Int(text)
        let isSigned = text.contains("+") || (isHex && text.contains("-"))
        guard let value, !isSigned, range.contains(value) else {
            throw wrong(
                key,
                "expected an integer from \(range.lowerBound) to \(range.upperBound), got `\(text)`"
            )
        }
        return value
    }

    public func optionalBoolean(_ key: String) throws(YAMLFault) -> Bool? {
        guard let text = try optionalText(key) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw wrong(key, "expected true or false, got `\(text)`")
        }
    }

    /// One of the raw values of an enum.
    public func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of: Choice.Type)
        throws(YAMLFault) -> Choice where Choice.RawValue == String
    {
        let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = try optionalText(key) else { throw missing(key, "one of \(allowed)") }
        guard let value = Choice(rawValue: text) else {
            throw wrong(key, "expected one of \(allowed), got `\(text)`")
        }
        return value
    }

    // Structure

    public func mapping(_ key: String) throws(YAMLFault) -> StrictYAML {
        guard let value = try optionalMapping(key) else { throw missing(key, "a mapping") }
        return value
    }

    public func optionalMapping(_ key: String) throws(YAMLFault) -> StrictYAML? {
        read.insert(key)
        guard let entry = entry(key) else { return nil }
        return try StrictYAML(
            node: entry.value, file: file, path: full(key), override: override)
    }

    /// For a key that may be a word or a mapping.
    public func isMapping(_ key: String) -> Bool {
        if case .mapping = entry(key)?.value { true } else { false }
    }

    /// A list of mappings; empty when the key is missing.
    public func mappings(_ key: String) throws(YAMLFault) -> [StrictYAML] {
        var result: [StrictYAML] = []
        for (place, node) in try sequence(key).enumerated() {
            result.append(
                try StrictYAML(
                    node: node, file: file, path: "\(full(key))[\(place)]", override: override))
        }
        return result
    }

    /// A list of scalars; empty when the key is missing.
    public func texts(_ key: String) throws(YAMLFault) -> [String] {
        var result: [String] = []
        for node in try sequence(key) {
            guard case .scalar(let scalar) = node else {
                throw wrong(key, "expected a list of text, got \(StrictYAML.kind(node)) in it")
            }
            result.append(try text(of: scalar, key))
        }
        return result
    }

    private func text(of scalar: Node.Scalar, _ key: String) throws(YAMLFault) -> String {
        guard (1...1024).contains(scalar.string.utf8.count) else {
            throw wrong(key, "expected 1 to 1024 bytes of text, got \(scalar.string.utf8.count)")
        }
        return scalar.string
    }

    /// Refuses every key that nobody asked for.
    public func end() throws(YAMLFault) {
        guard let unknown = entries.first(where: { !read.contains($0.key) }) else { return }
        throw YAMLFault(
            file: file, line: unknown.line, key: full(unknown.key),
            problem: "no such key; allowed here: \(read.sorted().joined(separator: ", "))")
    }

    /// A fault at this key, for checks of the reader's own.
    public func wrong(_ key: String, _ problem: String) -> YAMLFault {
        YAMLFault(
            file: file, line: entry(key)?.line ?? line, key: full(key), problem: problem)
    }

    private func missing(_ key: String, _ expected: String) -> YAMLFault {
        wrong(key, "expected \(expected), got nothing: the key is missing")
    }

    private func sequence(_ key: String) throws(YAMLFault) -> [Node] {
        read.insert(key)
        guard let entry = entry(key) else { return [] }
        guard case .sequence(let sequence) = entry.value else {
            throw wrong(key, "expected a list, got \(StrictYAML.kind(entry.value))")
        }
        guard sequence.count <= 1000 else {
            throw wrong(key, "expected at most 1000 items, got \(sequence.count)")
        }
        return Array(sequence)
    }

    private func entry(_ key: String) -> (key: String, line: Int, value: Node)? {
        entries.first { $0.key == key }
    }

    private func full(_ key: String) -> String { StrictYAML.join(path, key) }

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    /// Words that look like aliases and are read all the same, to be refused where they stand.
    private static let aliasesMax = 8

    /// Aliases of aliases double with every line, and Yams compares keys, aliases among them, node by node: 100 bytes can
    /// keep it busy for years. So many of them are refused before it reads the text.
    private static func refuseManyAliases(in text: String, file: String) throws(YAMLFault) {
        var (previous, aliases, line) = (UInt8(ascii: "\n"), 0, 1)
        for byte in text.utf8 {
            if previous == UInt8(ascii: "*"), byte > UInt8(ascii: " ") { aliases += 1 }
            guard aliases <= aliasesMax else {
                throw YAMLFault(
                    file: file, line: line, key: "",
                    problem: "expected plain values, got many aliases (*name); write them out")
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            // Inside a word a star is only a star.
            let begins = previous >= 0x80 || " \t\r\n[{,:-?".utf8.contains(previous)
            previous = byte == UInt8(ascii: "*") && !begins ? UInt8(ascii: "x") : byte
        }
    }

    /// Anchors and tags, wherever they are. An alias is a copy of its anchored node, so it is found too.
    private static func refuseExtras(
        _ node: Node, file: String, key: String
    ) throws(YAMLFault) {
        let (anchor, tag): (Anchor?, String)
        switch node {
        case .scalar(let scalar): (anchor, tag) = (scalar.anchor, scalar.tag.description)
        case .mapping(let mapping): (anchor, tag) = (mapping.anchor, mapping.tag.description)
        case .sequence(let list): (anchor, tag) = (list.anchor, list.tag.description)
        case .alias(let alias): (anchor, tag) = (alias.anchor, alias.tag.description)
        }
        func refuse(_ what: String) -> YAMLFault {
            YAMLFault(
                file: file, line: node.mark?.line ?? 0, key: key,
                problem: "expected plain values, got \(what); write the value out")
        }
        if anchor != nil { throw refuse("an anchor (&name)") }
        // Quoted text and compared keys bear the tag for text, as if it had been written.
        guard tag.isEmpty || tag == Tag.Name.str.rawValue else {
            throw refuse("a tag (!name)")
        }
        if case .mapping(let mapping) = node {
            for (name, value) in mapping {
                try refuseExtras(name, file: file, key: key)
                try refuseExtras(value, file: file, key: join(key, name.scalar?.string ?? "?"))
            }
        }
        guard case .sequence(let list) = node else { return }
        for item in list { try refuseExtras(item, file: file, key: key) }
    }

    private static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): "`\(scalar.string.clipped(to: 40))`"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias (*name)"
        }
    }

    private static func fault(of error: YamlError, file: String) -> YAMLFault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            YAMLFault(file: file, line: mark.line, key: "", problem: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            YAMLFault(
                file: file, line: context.mark.line, key: duplicates.first ?? "",
                problem: "expected each key once, got it again further down")
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            YAMLFault(file: file, line: 0, key: "", problem: "not YAML: \(error)")
        }
    }
}
