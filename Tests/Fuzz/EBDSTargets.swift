import DeviceKit
import KioskModel

@testable import Drivers

/// Bytes of a serial line: the driver's reading of EBDS frames, both ways.
@Sendable func fuzzEBDSFrame(_ input: [UInt8]) {
    var rest = input[...]
    scanning: while true {
        switch EBDSFrame.piece(of: rest) {
        case .incomplete: break scanning
        case .noise(let count):
            expect((1...rest.count).contains(count), "noise has a length")
            rest = rest.dropFirst(count)
        case .frame(_, let length):
            expect((5...rest.count).contains(length), "a frame has a length")
            rest = rest.dropFirst(length)
        }
    }
    let data = input.prefix(122).map { $0 & 0x7F }
    let frame = EBDSFrame(kind: .extended, toggle: data.count.isMultiple(of: 2), data: data)
    let bytes = frame.bytes
    expect(
        EBDSFrame.piece(of: bytes[...]) == .frame(frame, length: bytes.count),
        "what is written is read again")
    expect(
        EBDSFrame.piece(of: bytes.dropLast()) == .incomplete, "a frame cut short is incomplete")
}

/// The data of one answer: status, note, what the unit says of itself.
@Sendable func fuzzEBDSAnswer(_ input: [UInt8]) {
    let data = input.prefix(122).map { $0 & 0x7F }
    let kinds: [EBDSFrame.Kind] = [.device, .auxiliary, .extended]
    let frame = EBDSFrame(kind: kinds[data.count % 3], toggle: false, data: data)
    let commands: [EBDSCommand] = [
        .poll(EBDSWish(extendedNotes: true)), .question(.type),
        .note(index: 1, EBDSWish(extendedNotes: true)),
    ]
    for command in commands where command.isAnswer(frame) && command.takes(frame) {
        let reply = EBDSReply(frame)
        if case .text(let text) = reply { expectSentence(text + ".", about: []) }
        if case .note(_, let note) = reply, let value = note.value {
            expect(value > .zero && value <= .yuan(100_000), "a note of \(value)")
        }
        guard let status = reply.status else { continue }
        let conditions = status.conditions(afterStacking: false, nearlyFull: true)
        expectSentence(
            conditions.map(\.transcriptText).sorted().joined(separator: " ") + ".", about: input)
        expect(!(status.isAtRest && status.hasNote), "at rest nothing moves")
    }
}
