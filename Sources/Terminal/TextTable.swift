internal import Foundation

/// Rows in aligned columns for a terminal: what the command-line tools show people.
public struct TextTable {
    public enum Side { case left, right }

    private let columns: [(title: String, side: Side)]
    private var rows: [[String]] = []

    public init(_ columns: [(title: String, side: Side)]) { self.columns = columns }

    public var isEmpty: Bool { rows.isEmpty }

    public mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells.map(TextTable.printable))
    }

    /// The head, if any column has a title, and a line for each row.
    public var lines: [String] {
        let head = columns.map { $0.title.uppercased() }
        let all = (head.allSatisfy(\.isEmpty) ? [] : [head]) + rows
        let widths = columns.indices.map { column in
            all.map { TextTable.width($0[column]) }.max() ?? 0
        }
        return all.map { cells in
            let padded = columns.indices.map { column in
                let gap = String(
                    repeating: " ", count: widths[column] - TextTable.width(cells[column]))
                return columns[column].side == .left ? cells[column] + gap : gap + cells[column]
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// The same, or one line saying that there is nothing.
    public func lines(empty: String) -> [String] { isEmpty ? [empty] : lines }

    /// Columns that a terminal gives to a text: East Asian wide characters take two.
    /// Source: Unicode Standard Annex #11, East Asian Width.
    public static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { sum, scalar in
            switch scalar.value {
            case 0x0300...0x036F, 0x200B...0x200F: sum
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
                sum + 2
            default: sum + 1
            }
        }
    }

    /// Text from elsewhere must not steer the terminal.
    public static func printable(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(CharacterSet.controlCharacters.contains(scalar) ? " " : scalar)
        }
        return String(plain)
    }
}
