internal import Foundation
internal import KioskModel

/// Rows under a head, columns aligned for a terminal.
struct TextTable {
    enum Side { case left, right }

    private let columns: [(title: String, side: Side)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, side: Side)]) { self.columns = columns }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells.map(TextTable.printable))
    }

    /// The head and a line for each row, or one line saying that there is nothing.
    func lines(empty: String) -> [String] {
        guard !rows.isEmpty else { return [empty] }
        let all = [columns.map(\.title)] + rows
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

    /// Columns a terminal gives to a text: East Asian wide characters take two. Source: Unicode UAX #11.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { sum, scalar in
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
                sum + 2
            default: sum + 1
            }
        }
    }

    /// Text from elsewhere must not steer the terminal.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    CharacterSet.controlCharacters.contains($0) ? " " : $0
                }))
    }
}

/// "2026-03-01 14:05:09", local time.
func clockText(_ milliseconds: Int64) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return format.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
}

func yuanText(_ fen: Int64) -> String { Money(fen: fen).yuanText }
