/// What a receipt printer would put on paper for some bytes, as a person sees it.
public struct DecodedReceipt: Sendable, Hashable {
    public enum Alignment: String, Sendable, Hashable { case left, center, right }

    /// Characters that look alike.
    public struct Run: Sendable, Hashable {
        public var text: String
        public var bold = false
        /// 1 to 8, each.
        public var width = 1
        public var height = 1

        public init(_ text: String, bold: Bool = false, width: Int = 1, height: Int = 1) {
            (self.text, self.bold, self.width, self.height) = (text, bold, width, height)
        }
    }

    public struct Line: Sendable, Hashable {
        public var alignment: Alignment
        public var runs: [Run]
        public init(_ alignment: Alignment, _ runs: [Run]) {
            (self.alignment, self.runs) = (alignment, runs)
        }
        public var text: String { runs.map(\.text).joined() }
        /// Half-width columns; a Chinese character takes two, a wide one twice as many.
        public var columns: Int {
            runs.reduce(0) { $0 + DecodedReceipt.columns($1.text) * $1.width }
        }
    }

    public enum Piece: Sendable, Hashable {
        case line(Line)
        case cut
        case qrCode(String)
        /// Dots.
        case image(width: Int, height: Int)
    }

    public var pieces: [Piece] = []
    /// What the printer may not understand, with its place in the bytes.
    public var problems: [String] = []

    /// Lines of text without their looks.
    public var texts: [String] {
        pieces.compactMap { piece in
            guard case .line(let line) = piece else { return nil }
            return line.text
        }
    }

    public var isCut: Bool { pieces.contains(.cut) }

    /// The receipt in a terminal: centred and right-aligned over `columns`, bold between asterisks, wide text spaced.
    public func picture(columns: Int) -> String {
        var rows: [String] = []
        for piece in pieces {
            switch piece {
            case .line(let line): rows.append(row(line, columns: columns))
            case .cut: rows.append("8<" + String(repeating: "-", count: max(0, columns - 2)))
            case .qrCode(let text): rows.append("[QR: \(text)]")
            case .image(let width, let height): rows.append("[image \(width) x \(height)]")
            }
        }
        return rows.joined(separator: "\n")
    }

    private func row(_ line: Line, columns: Int) -> String {
        let shown = line.runs.map { run in
            run.width == 1 ? run.text : run.text.map(String.init).joined(separator: " ")
        }.joined()
        let free = max(0, columns - DecodedReceipt.columns(shown))
        let indent =
            switch line.alignment {
            case .left: 0
            case .center: free / 2
            case .right: free
            }
        return String(repeating: " ", count: indent) + shown
    }

    /// Half-width columns of a text: what GB18030 keeps in one byte takes one, everything else two.
    public static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x80 ? 1 : 2) }
    }
}
