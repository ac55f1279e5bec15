import DeviceKit
import KioskModel

@testable import Drivers

/// Bytes of a serial line: the driver's reading of frames, and what it writes read again.
@Sendable func fuzzID003Frame(_ input: [UInt8]) {
    var rest = input[...]
    scan: while true {
        switch ID003Frame.piece(of: rest) {
        case .incomplete: break scan
        case .noise(let count):
            expect((1...rest.count).contains(count), "noise has a length")
            rest = rest.dropFirst(count)
        case .frame(let frame, let length):
            expect(frame.bytes == Array(rest.prefix(length)), "a frame is its own bytes")
            rest = rest.dropFirst(length)
        }
    }
    let data = Array(input.prefix(251))
    guard !data.isEmpty else { return }
    let bytes = ID003Frame(data: data).bytes
    expect(
        ID003Frame.piece(of: bytes[...]) == .frame(ID003Frame(data: data), length: bytes.count),
        "what is written is read again")
    expect(
        ID003Frame.piece(of: bytes.dropLast()) == .incomplete, "a frame cut short is incomplete")
    var damaged = bytes
    // Not LNG: another length is another frame.
    damaged[2 + Int(data[0]) % (bytes.count - 2)] ^= 1 << (data[data.count - 1] & 7)
    expect(ID003Frame.piece(of: damaged[...]) == .noise(1), "one wrong bit is noticed")
}

/// The data of one answer: statuses, version, currencies.
@Sendable func fuzzID003Answer(_ input: [UInt8]) {
    let data = Array(input.prefix(251))
    guard !data.isEmpty else { return }
    let status = ID003Status(data)
    expect(!status.name.isEmpty, "a status has a name")
    expect(status.conditions.count <= 1, "a status is one condition at most")
    expectSentence(
        status.conditions.map(\.transcriptText).joined(separator: " ") + ".", about: input)
    expect(
        !ID003Command.status.takes(data) || ![0x05, 0x4B, 0x50, 0x88, 0xC3].contains(data[0]),
        "an answer to another command is no status")
    expectSentence(ID003Identity.read(data, boot: data).model + ".", about: [])
    let table = ID003CurrencyTable.read(data)
    for entry in table.entries {
        guard let value = entry.value else { continue }
        expect(value > .zero && value <= .yuan(100_000), "a note of \(value)")
        expect(table.value(ofType: entry.type) == value, "a code is worth one value")
    }
    let notes = [BillAcceptorProfile.Note(code: 0x65, value: .yuan(50))]
    if let mismatch = table.mismatch(currencyCodes: ["CNY"], notes: notes) {
        expectSentence(mismatch, about: data)
    } else {
        expect(table.value(ofType: 0x65) == .yuan(50), "a table that fits has the profile's notes")
    }
}
