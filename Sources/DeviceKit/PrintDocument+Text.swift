/// A document set in columns of half-width characters: what a printer's driver makes its bytes from, and what people read.
extension PrintDocument {
    /// One line of the paper; its text fits the columns at its style's scale.
    public enum Row: Sendable, Hashable {
        case text(String, Style)
        case rule
        case feed(Int)
    }

    /// The columns a text takes: one for an ASCII character, two for any other, as a Chinese printer counts.
    public static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// Lines broken to fit, pairs filled with spaces, nothing in them that a printer could take for a command.
    ///
    /// - Precondition: `columns` is at least 16.
    public func rows(columns: Int) -> [Row] {
        precondition(columns >= 16, "a receipt printer has at least 16 columns")
        return lines.flatMap { line -> [Row] in
            switch line {
            case .rule: [.rule]
            case .feed(let count): [.feed(count)]
            case .text(let text, let style):
                PrintDocument.broken(text, to: columns / style.scale).map { .text($0, style) }
            case .pair(let label, let value, let style):
                PrintDocument.pair(label, value, style, columns: columns)
            }
        }
    }

    /// The same paper for a screen or a test; double size shows as single.
    public func plainText(columns: Int = 48) -> String {
        let single = PrintDocument(lines.map(PrintDocument.single))
        return single.rows(columns: columns).map { row in
            switch row {
            case .rule: String(repeating: "-", count: columns) + "\n"
            case .feed(let count): String(repeating: "\n", count: count)
            case .text(let text, let style):
                PrintDocument.indent(text, style.alignment, columns) + text + "\n"
            }
        }.joined()
    }

    private static func columns(of scalar: Unicode.Scalar) -> Int { scalar.isASCII ? 1 : 2 }

    private static func single(_ line: Line) -> Line {
        func style(_ given: Style) -> Style { Style(given.alignment, bold: given.bold) }
        return switch line {
        case .text(let text, let given): .text(text, style(given))
        case .pair(let label, let value, let given): .pair(label, value, style(given))
        case .rule, .feed: line
        }
    }

    private static func indent(_ text: String, _ alignment: Alignment, _ columns: Int) -> String {
        let free = max(0, columns - self.columns(of: text))
        return switch alignment {
        case .left: ""
        case .center: String(repeating: " ", count: free / 2)
        case .right: String(repeating: " ", count: free)
        }
    }

    private static func pair(_ label: String, _ value: String, _ style: Style, columns: Int)
        -> [Row]
    {
        let width = columns / style.scale
        let (left, right) = (printable(label), printable(value))
        let free = width - self.columns(of: left) - self.columns(of: right)
        let start = Style(.left, bold: style.bold, scale: style.scale)
        if free >= 1 {
            return [.text(left + String(repeating: " ", count: free) + right, start)]
        }
        let end = Style(.right, bold: style.bold, scale: style.scale)
        return broken(left, to: width).map { .text($0, start) }
            + broken(right, to: width).map { .text($0, end) }
    }

    /// Without control, formatting and combining characters; blanks of every kind become one space. The yen sign of
    /// Latin-1 becomes the full-width one, which Chinese printers have.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t" || scalar == "\n" || scalar == "\r":
                result.append(" ")
            case .spaceSeparator where scalar.isASCII || scalar == "\u{A0}":
                result.append(" ")
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                .paragraphSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
                break
            default:
                result.append(scalar == "\u{A5}" ? "\u{FFE5}" : scalar)
            }
        }
        return String(result)
    }

    /// Breaks at spaces and between wide characters, never inside a word that fits; no line begins with a closing mark.
    private static func broken(_ text: String, to width: Int) -> [String] {
        var (rows, row) = ([String](), "")
        for piece in pieces(of: printable(text)) {
            if columns(of: row) + columns(of: piece) <= width {
                if !(row.isEmpty && piece == " " && !rows.isEmpty) { row += piece }
                continue
            }
            if !row.isEmpty { rows.append(row) }
            row = piece == " " ? "" : piece
            while columns(of: row) > width {
                let head = head(of: row, within: width)
                rows.append(head)
                row = String(
                    String.UnicodeScalarView(
                        row.unicodeScalars.dropFirst(head.unicodeScalars.count)))
            }
        }
        rows.append(row)
        return rows.map { row in String(row.reversed().drop { $0 == " " }.reversed()) }
    }

    private static func head(of text: String, within width: Int) -> String {
        var (head, used) = (String.UnicodeScalarView(), 0)
        for scalar in text.unicodeScalars {
            used += columns(of: scalar)
            guard used <= width else { break }
            head.append(scalar)
        }
        return String(head)
    }

    /// Words, single wide characters with the marks that belong to them, and spaces.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            let together =
                previous != " " && scalar != " "
                && (previous.isASCII && scalar.isASCII || closing.contains(scalar)
                    || opening.contains(previous))
            if together {
                pieces[pieces.count - 1].unicodeScalars.append(scalar)
            } else {
                pieces.append(String(scalar))
            }
            previous = scalar
        }
        return pieces
    }

    /// Marks that do not begin a line. Source: GB/T 15834-2011 5.1.
    private static let closing = Set("，。、；：！？）》”’%".unicodeScalars)
    /// Marks that do not end a line. Source: GB/T 15834-2011 5.1.
    private static let opening = Set("（《“‘￥".unicodeScalars)
}
