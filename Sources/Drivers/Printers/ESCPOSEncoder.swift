internal import DeviceKit
internal import KioskModel

/// The bytes of a document in ESC/POS, as far as receipt printers of 58 and 80 mm agree on it.
///
/// Source: Epson, ESC/POS Command Reference for TM Printers; each command is named with its mnemonic.
struct ESCPOSEncoder {
    /// ESC @: forget the last receipt's settings, and what is left of it in the buffer. Prints nothing.
    static let initialize: [UInt8] = [0x1B, 0x40]
    /// FS &: what follows may hold Chinese characters of two bytes.
    static let chineseOn: [UInt8] = [0x1C, 0x26]
    /// GS V 66 0: feed to the cutter, cut all but one point.
    static let feedAndCut: [UInt8] = [0x1D, 0x56, 0x42, 0x00]
    /// Blank lines until the last printed one is beyond the edge on which paper is torn off.
    static let tearOff: UInt8 = 5

    private let columns: Int
    private let cuts: Bool
    private let chinese: GB18030?

    init(profile: PrinterProfile) {
        (columns, cuts) = (profile.columns, profile.cuts)
        chinese = profile.chinese ? GB18030() : nil
    }

    func bytes(of document: PrintDocument) -> [UInt8] {
        var bytes = ESCPOSEncoder.initialize
        if chinese != nil { bytes += ESCPOSEncoder.chineseOn }
        var current = PrintDocument.Style()
        for row in document.rows(columns: columns) {
            switch row {
            case .text(let text, let style):
                bytes += change(from: current, to: style) + encoded(text) + [0x0A]
                current = style
            case .rule:
                let plain = PrintDocument.Style()
                bytes += change(from: current, to: plain)
                bytes += [UInt8](repeating: 0x2D, count: columns) + [0x0A]
                current = plain
            case .feed(let count):
                bytes += feed(UInt8(clamping: count))
            }
        }
        return bytes + (cuts ? ESCPOSEncoder.feedAndCut : feed(ESCPOSEncoder.tearOff))
    }

    /// ESC d n: print and feed n lines.
    private func feed(_ count: UInt8) -> [UInt8] { [0x1B, 0x64, count] }

    /// ESC a n, ESC E n, GS ! n: only what changes. Alignment counts only at the beginning of a line, where we are.
    private func change(from old: PrintDocument.Style, to new: PrintDocument.Style) -> [UInt8] {
        var bytes: [UInt8] = []
        if old.alignment != new.alignment {
            let code: UInt8 =
                switch new.alignment {
                case .left: 0
                case .center: 1
                case .right: 2
                }
            bytes += [0x1B, 0x61, code]
        }
        if old.bold != new.bold { bytes += [0x1B, 0x45, new.bold ? 1 : 0] }
        if old.scale != new.scale {
            let factor = UInt8(clamping: new.scale - 1)
            bytes += [0x1D, 0x21, factor << 4 | factor]
        }
        return bytes
    }

    /// `rows` has taken out whatever could be a command; what is left is printable.
    private func encoded(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            if scalar.isASCII { return [UInt8(truncatingIfNeeded: scalar.value)] }
            // Two columns were counted for it, so two are filled.
            return chinese?.bytes(of: scalar) ?? Array("??".utf8)
        }
    }
}
