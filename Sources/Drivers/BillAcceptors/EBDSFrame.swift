/// One frame on the wire: `02 LEN CTL data… 03 CHK`, where LEN counts every byte and no byte has more than seven bits.
///
/// Source: MEI/CPI EBDS as public drivers speak it (decapod-atm/ebds, PyramidTechnologies/PTI.Rs232Validator).
struct EBDSFrame: Hashable {
    enum Kind: UInt8 {
        case host = 1, device, bookmark, calibration, flash, auxiliary, extended
    }

    private static let start: UInt8 = 0x02
    private static let end: UInt8 = 0x03
    /// 02, LEN, CTL, 03 and CHK.
    private static let overhead = 5

    let kind: Kind
    /// Toggled with every new message; the same again means that the answer did not arrive.
    let toggle: Bool
    /// 0 to 122 bytes.
    let data: [UInt8]

    var bytes: [UInt8] {
        precondition(
            data.count <= 122 && data.allSatisfy { $0 < 0x80 },
            "EBDS: a frame carries at most 122 bytes of seven bits")
        let body =
            [UInt8(data.count + Self.overhead), kind.rawValue << 4 | (toggle ? 1 : 0)] + data
        return [Self.start] + body + [Self.end, Self.check(body)]
    }

    /// XOR of LEN to the last data byte. `08 10 7F 1C 10` gives 6B.
    static func check(_ bytes: some Sequence<UInt8>) -> UInt8 { bytes.reduce(0, ^) }

    /// What stands at the beginning of received bytes.
    enum Piece: Hashable {
        /// A whole frame of so many bytes.
        case frame(EBDSFrame, length: Int)
        /// Perhaps the beginning of a frame.
        case incomplete
        /// So many bytes at the beginning are no frame.
        case noise(Int)
    }

    /// Reads one piece. A wrong checksum costs one byte, so that a frame behind noise that looks like a start is found.
    static func piece(of bytes: ArraySlice<UInt8>) -> Piece {
        guard let start = bytes.firstIndex(of: start) else {
            return bytes.isEmpty ? .incomplete : .noise(bytes.count)
        }
        guard start == bytes.startIndex else { return .noise(start - bytes.startIndex) }
        guard bytes.count >= 3 else {
            return bytes.count == 2 && !isLength(bytes[start + 1]) ? .noise(1) : .incomplete
        }
        let length = Int(bytes[start + 1])
        guard isLength(bytes[start + 1]), let kind = Kind(rawValue: bytes[start + 2] >> 4) else {
            return .noise(1)
        }
        guard bytes.count >= length else { return .incomplete }
        let body = bytes[start + 1..<start + length - 2]
        guard bytes[start + length - 2] == end, check(body) == bytes[start + length - 1] else {
            return .noise(1)
        }
        let frame = EBDSFrame(
            kind: kind, toggle: bytes[start + 2] & 1 == 1, data: Array(body.dropFirst(2)))
        return .frame(frame, length: length)
    }

    private static func isLength(_ byte: UInt8) -> Bool { (overhead...127).contains(Int(byte)) }
}

/// What the host sends.
///
/// Source: decapod-atm/ebds, omnibus, extended and auxiliary commands.
enum EBDSCommand: Hashable {
    case poll(EBDSWish)
    /// One entry of the unit's note table, from 1.
    case note(index: UInt8, EBDSWish)
    /// Which entries of the table are taken; so many bytes as the family of units wants.
    case inhibits(Set<Int>, bytes: Int, EBDSWish)
    /// After so many seconds a held note goes back, though the host be dead.
    case escrowTimeout(seconds: UInt8, EBDSWish)
    case question(EBDSQuestion)
    case softReset

    func frame(toggle: Bool) -> EBDSFrame {
        switch self {
        case .poll(let wish): EBDSFrame(kind: .host, toggle: toggle, data: wish.bytes)
        case .note(let index, let wish):
            EBDSFrame(kind: .extended, toggle: toggle, data: [0x02] + wish.bytes + [index])
        case .inhibits(let notes, let count, let wish):
            EBDSFrame(
                kind: .extended, toggle: toggle,
                data: [0x03] + wish.bytes + Self.mask(notes, bytes: count))
        case .escrowTimeout(let seconds, let wish):
            EBDSFrame(
                kind: .extended, toggle: toggle, data: [0x04] + wish.bytes + [seconds, seconds])
        case .question(let question):
            EBDSFrame(kind: .auxiliary, toggle: toggle, data: [0, 0, question.rawValue])
        case .softReset:
            EBDSFrame(kind: .auxiliary, toggle: toggle, data: [0x7F, 0x7F, 0x7F])
        }
    }

    /// Seven notes a byte, note 1 in bit 0 of the first; a set bit lets the note in.
    private static func mask(_ notes: Set<Int>, bytes count: Int) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: count)
        for note in notes.sorted() where (1...7 * count).contains(note) {
            mask[(note - 1) / 7] |= 1 << UInt8((note - 1) % 7)
        }
        return mask
    }

    /// Whether this is a unit's frame. Our own frames, coming back, are none: of the host's kind, or as they were sent.
    func isAnswer(_ frame: EBDSFrame) -> Bool {
        switch frame.kind {
        case .device: frame.data.count >= EBDSStatus.length
        case .extended: frame.data.count > EBDSStatus.length && !isOwn(frame)
        case .auxiliary: !isOwn(frame)
        case .host, .bookmark, .calibration, .flash: false
        }
    }

    /// Whether a unit's frame can be the answer to this.
    func takes(_ frame: EBDSFrame) -> Bool {
        switch (self, frame.kind) {
        case (_, .device): true
        case (.question, .auxiliary): true
        case (.poll, .extended), (.note, .extended), (.inhibits, .extended),
            (.escrowTimeout, .extended):
            true
        default: false
        }
    }

    private func isOwn(_ frame: EBDSFrame) -> Bool { frame == self.frame(toggle: frame.toggle) }
}

/// The three bytes that every poll carries: what is taken, and what becomes of a held note.
///
/// Source: decapod-atm/ebds, omnibus command data bytes 0 to 2.
struct EBDSWish: Hashable {
    enum HeldNote { case keep, stack, giveBack }

    /// A set bit lets a denomination in; with extended notes any bit lets in what the inhibits let in.
    var denominations: UInt8 = 0
    var heldNote = HeldNote.keep
    var extendedNotes: Bool

    /// A note past escrow at power-up is stacked and reported with its value: policy B. The others lose it.
    private static let policyB: UInt8 = 0x04

    var bytes: [UInt8] {
        // Any way round, and every note stops in escrow.
        let mode: UInt8 = 0x0C | 0x10
        let decision: UInt8 =
            switch heldNote {
            case .keep: 0
            case .stack: 0x20
            case .giveBack: 0x40
            }
        return [denominations & 0x7F, mode | decision, Self.policyB | (extendedNotes ? 0x10 : 0)]
    }
}

/// What a unit can be asked of itself; not every unit answers. Source: MEI M/POST, auxiliary commands.
enum EBDSQuestion: UInt8, CaseIterable {
    case type = 0x04
    case serialNumber = 0x05
    case application = 0x07
}
