internal import Glibc

/// Reads ESC/POS as a printer does: bytes in, a receipt out.
///
/// Written from the command reference and from nothing of the printer's driver. Commands that it does not know are
/// skipped and reported. Source: Epson, ESC/POS Command Reference for TM Printers (sections by command name).
public struct ReceiptDecoder {
    private let bytes: [UInt8]
    private var place = 0
    private var receipt = DecodedReceipt()
    private var line = DecodedReceipt.Line(.left, [])
    private var look = DecodedReceipt.Run("")
    private var text: [UInt8] = []
    private var chinese = false
    private var qrCode: [UInt8] = []

    public static func decode(_ bytes: [UInt8]) -> DecodedReceipt {
        var decoder = ReceiptDecoder(bytes: bytes)
        while decoder.place < bytes.count { decoder.step() }
        if !decoder.text.isEmpty || !decoder.line.runs.isEmpty {
            decoder.report("text without a line feed stays in the printer", at: bytes.count)
            decoder.endLine()
        }
        return decoder.receipt
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func step() {
        let byte = take()
        switch byte {
        case 0x0A: endLine()
        case 0x0D: break
        case 0x09: text += [0x20]
        case 0x1B: escape()
        case 0x1C: chineseCommand()
        case 0x1D: group()
        case 0x10: realTime()
        case 0x20...0x7E: text.append(byte)
        case 0x80...:
            if !chinese { report("byte \(hex([byte])) outside of Chinese mode", at: place - 1) }
            text.append(byte)
        default: report("control byte \(hex([byte]))", at: place - 1)
        }
    }

    /// The next byte; 0 and a report at the end of the document.
    private mutating func take() -> UInt8 {
        guard place < bytes.count else {
            report("the document ends within a command", at: place)
            place += 1
            return 0
        }
        place += 1
        return bytes[place - 1]
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        guard place + count <= bytes.count else {
            report("the document ends within a command's data", at: place)
            place = bytes.count
            return []
        }
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    // ESC: initialize, select justification, emphasized mode, print mode, feed, spacing, code page

    private mutating func escape() {
        let command = take()
        switch command {
        case UInt8(ascii: "@"): initialize()
        case UInt8(ascii: "a"):
            let choice = take() & 0x0F
            guard text.isEmpty, line.runs.isEmpty else {
                return report("ESC a counts only at a line's beginning", at: place - 3)
            }
            line.alignment = choice == 0 ? .left : choice == 1 ? .center : .right
        case UInt8(ascii: "E"), UInt8(ascii: "G"):
            let on = take() & 1 == 1
            restyle { $0.bold = on }
        case UInt8(ascii: "!"):
            let mode = take()
            restyle {
                $0.bold = mode & 0x08 != 0
                $0.height = mode & 0x10 != 0 ? 2 : 1
                $0.width = mode & 0x20 != 0 ? 2 : 1
            }
        case UInt8(ascii: "d"): feed(Int(take()))
        case UInt8(ascii: "J"):
            _ = take()
            feed(1)
        case UInt8(ascii: "2"): break
        case UInt8(ascii: "3"), UInt8(ascii: "t"), UInt8(ascii: "R"), UInt8(ascii: "M"),
            UInt8(ascii: "-"), UInt8(ascii: " "):
            _ = take()
        case UInt8(ascii: "$"), UInt8(ascii: "\\"): _ = take(2)
        case UInt8(ascii: "p"): _ = take(3)
        default: unknown([0x1B, command])
        }
    }

    private mutating func initialize() {
        text = []
        line = DecodedReceipt.Line(.left, [])
        look = DecodedReceipt.Run("")
        chinese = false
    }

    // FS: Kanji (Chinese) mode

    private mutating func chineseCommand() {
        let command = take()
        switch command {
        case UInt8(ascii: "&"): chinese = true
        case UInt8(ascii: "."):
            flushText()
            chinese = false
        case UInt8(ascii: "!"), UInt8(ascii: "-"), UInt8(ascii: "W"), UInt8(ascii: "C"):
            _ = take()
        case UInt8(ascii: "S"): _ = take(2)
        default: unknown([0x1C, command])
        }
    }

    // GS: character size, cut, bit image, two-dimensional code, process id

    private mutating func group() {
        let command = take()
        switch command {
        case UInt8(ascii: "!"):
            let size = take()
            restyle {
                $0.width = Int(size >> 4 & 7) + 1
                $0.height = Int(size & 7) + 1
            }
        case UInt8(ascii: "V"):
            let way = take()
            if way >= 65 { _ = take() }
            if !text.isEmpty || !line.runs.isEmpty { endLine() }
            receipt.pieces.append(.cut)
        case UInt8(ascii: "("): function()
        case UInt8(ascii: "v"): image()
        case UInt8(ascii: "B"), UInt8(ascii: "a"), UInt8(ascii: "I"), UInt8(ascii: "h"),
            UInt8(ascii: "w"), UInt8(ascii: "H"), UInt8(ascii: "f"):
            _ = take()
        case UInt8(ascii: "L"), UInt8(ascii: "W"), UInt8(ascii: "P"): _ = take(2)
        default: unknown([0x1D, command])
        }
    }

    /// GS ( X pL pH and so many bytes.
    private mutating func function() {
        let start = place - 2
        let name = take()
        let length = Int(take()) | Int(take()) << 8
        let data = take(length)
        switch (name, data.first, data.dropFirst().first) {
        case (UInt8(ascii: "k"), 0x31, 0x50): qrCode = Array(data.dropFirst(3))
        case (UInt8(ascii: "k"), 0x31, 0x51):
            receipt.pieces.append(.qrCode(String(decoding: qrCode, as: UTF8.self)))
        case (UInt8(ascii: "k"), 0x31, _), (UInt8(ascii: "H"), _, _): break
        default: report("unknown function \(hex([0x1D, 0x28, name]))", at: start)
        }
    }

    /// GS v 0: raster bit image.
    private mutating func image() {
        let start = place - 2
        guard take() == 0x30 else { return report("unknown image command", at: start) }
        _ = take()
        let width = Int(take()) | Int(take()) << 8
        let height = Int(take()) | Int(take()) << 8
        let dots = take(width * height)
        guard dots.count == width * height else { return }
        receipt.pieces.append(.image(width: width * 8, height: height))
    }

    // DLE: real-time commands leave no mark on paper

    private mutating func realTime() {
        let command = take()
        switch command {
        case 0x04, 0x05: _ = take()
        case 0x14: _ = take() == 8 ? take(7) : take(2)
        default: unknown([0x10, command])
        }
    }

    /// Lines and cuts of one document; more is no receipt, and a few bytes may ask for much paper.
    private static let piecesMax = 5000

    private mutating func feed(_ lines: Int) {
        if !text.isEmpty || !line.runs.isEmpty { endLine() }
        guard receipt.pieces.count + lines <= ReceiptDecoder.piecesMax else {
            return report("more paper than a receipt has", at: place)
        }
        for _ in 0..<lines { receipt.pieces.append(.line(DecodedReceipt.Line(line.alignment, []))) }
    }

    private mutating func restyle(_ change: (inout DecodedReceipt.Run) -> Void) {
        flushText()
        change(&look)
    }

    private mutating func flushText() {
        guard !text.isEmpty else { return }
        var run = look
        if let decoded = ReceiptDecoder.unicode(gb18030: text) {
            run.text = decoded
        } else {
            report("not GB18030: \(hex(text))", at: place)
            run.text = String(repeating: "?", count: text.count)
        }
        text = []
        line.runs.append(run)
    }

    private mutating func endLine() {
        flushText()
        receipt.pieces.append(.line(line))
        line = DecodedReceipt.Line(line.alignment, [])
    }

    private mutating func unknown(_ command: [UInt8]) {
        report("unknown command \(hex(command))", at: place - command.count)
    }

    private mutating func report(_ problem: String, at place: Int) {
        receipt.problems.append("byte \(place): \(problem)")
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
            .joined(separator: " ")
    }

    /// The text of GB18030 bytes; nil if they are none. Source: GB 18030-2005; iconv(3).
    static func unicode(gb18030 bytes: [UInt8]) -> String? {
        guard let converter = iconv_open("UTF-8", "GB18030"),
            Int(bitPattern: converter) != -1
        else { return nil }
        defer { iconv_close(converter) }
        var source = bytes.map(CChar.init(bitPattern:))
        // No GB18030 sequence grows to more than three times its length in UTF-8.
        var target = [CChar](repeating: 0, count: bytes.count * 3 + 4)
        let written: Int? = source.withUnsafeMutableBufferPointer { input in
            target.withUnsafeMutableBufferPointer { output in
                var (from, to) = (input.baseAddress, output.baseAddress)
                var (left, room) = (input.count, output.count)
                let result = iconv(converter, &from, &left, &to, &room)
                return result == -1 || left > 0
                    ? nil : output.count - room
            }
        }
        guard let written else { return nil }
        return String(decoding: target.prefix(written).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
