import Testing

/// The layer table of docs/architecture.md is the manifest.
struct LayerTableTests {
    @Test func `the table in the architecture says what the manifest says`() throws {
        let written = LayerTable.written(try Tree.text("docs/architecture.md"))
        let built = LayerTable.built(try Tree.text("Package.swift"))

        #expect(!built.isEmpty)
        for (target, imports) in built {
            #expect(written[target] == imports, "docs/architecture.md, row `\(target)`")
        }
        #expect(Set(written.keys) == Set(built.keys))
    }

    @Test func `a target added to the manifest alone is noticed`() {
        let manifest = #"layer("A", on: ["B"]), layer("C")"#

        #expect(LayerTable.built(manifest) == ["A": ["B"], "C": []])
    }

    @Test func `imports only go down, and never from virtual devices to drivers`() throws {
        let built = LayerTable.built(try Tree.text("Package.swift"))
        let floors = LayerTable.floors(try Tree.text("docs/architecture.md"))

        for (target, imports) in built {
            for lower in imports where floors[lower] != nil {
                let steps = (floors[target] ?? 0) - (floors[lower] ?? 0)
                let sideways = [["OfficeWeb", "Office"], ["KioskStore", "OfficeProtocol"]]
                #expect(steps > 0 || sideways.contains([target, lower]), "\(target) -> \(lower)")
            }
        }
        #expect(built["VirtualWorld"]?.contains("Drivers") == false)
        #expect(built["Drivers"] == ["KioskModel", "DeviceKit"])
        #expect(built["KioskFlows"] == ["KioskModel"])
    }
}

enum LayerTable {
    /// `layer("X", on: [...])` and `program("x", on: [...])`, as the manifest has them.
    static func built(_ manifest: String) -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        let call = /(?:layer|program)\(\s*"([A-Za-z-]+)"(?:,\s*on:\s*\[([^\]]*)\])?/
        for match in manifest.matches(of: call) {
            table[String(match.1)] = names(match.2 ?? "")
        }
        return table
    }

    static func written(_ document: String) -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        for row in rows(document) { table[row.target] = row.imports }
        return table
    }

    static func floors(_ document: String) -> [String: Int] {
        Dictionary(rows(document).map { ($0.target, $0.floor) }) { first, _ in first }
    }

    private static func rows(_ document: String)
        -> [(floor: Int, target: String, imports: Set<String>)]
    {
        document.matches(of: /\| (\d) \| `([A-Za-z-]+)` \| [^|]* \| ([^|]*)\|/).compactMap {
            match in
            guard let floor = Int(match.1) else { return nil }
            return (floor, String(match.2), names(match.3))
        }
    }

    private static func names(_ list: Substring) -> Set<String> {
        Set(list.matches(of: /[A-Za-z-]+/).map { String($0.0) })
    }
}
