import DeviceKit
import KioskModel

@testable import Drivers
@testable import VirtualWorld

/// Bytes of a serial line: the driver's reading of frames, both ways, and against the virtual unit's own codec.
@Sendable func fuzzCCNETFrame(_ input: [UInt8]) {
    scan(input)
    let data = Array(input.prefix(250))
    guard !data.isEmpty else { return }
    let frame = CCNETFrame(data: data)
    let bytes = frame.bytes
    expect(
        CCNETFrame.piece(of: bytes[...]) == .frame(frame, length: bytes.count),
        "what is written is read again")
    expect(
        CCNETFrame.piece(of: bytes.dropLast()) == .incomplete, "a frame cut short is incomplete")
    expect(
        CCNETFrame.crc(bytes.dropLast(2)) == CCNETLine.check(bytes.dropLast(2)),
        "two independent checksums agree")
    var damaged = bytes
    // Not LNG: another length is another frame.
    let place = 3 + Int(data[0]) % (bytes.count - 3)
    damaged[place] ^= 1 << (data[data.count - 1] & 7)
    expect(CCNETFrame.piece(of: damaged[...]) == .noise(1), "one wrong bit is noticed")
    meetUnit(bytes, data)
}

private func scan(_ input: [UInt8]) {
    var rest = input[...]
    while true {
        switch CCNETFrame.piece(of: rest) {
        case .incomplete: return
        case .noise(let count):
            expect((1...rest.count).contains(count), "noise has a length")
            rest = rest.dropFirst(count)
        case .frame(let frame, let length):
            expect(frame.bytes == Array(rest.prefix(length)), "a frame is its own bytes")
            rest = rest.dropFirst(length)
        }
    }
}

/// The virtual unit understands what the driver writes, also in two parts and behind noise.
private func meetUnit(_ bytes: [UInt8], _ data: [UInt8]) {
    let message = CCNETLine.Received.message(data[0], Array(data.dropFirst()))
    for cut in [0, 1, Int(data[0]) % bytes.count] {
        var line = CCNETLine()
        let received =
            line.take(Array(bytes[..<cut]), at: 0, interByteMax: .seconds(1))
            + line.take(Array(bytes[cut...]), at: 1, interByteMax: .seconds(1))
        expect(received == [message], "the unit reads the driver's frame")
    }
    var line = CCNETLine()
    _ = line.take(data, at: 0, interByteMax: .milliseconds(1))
    let later = line.take(bytes, at: 1_000_000_000, interByteMax: .milliseconds(1))
    expect(later == [message], "a silence ends every torn frame")
}

/// The data of one answer: statuses, identification, note table.
@Sendable func fuzzCCNETAnswer(_ input: [UInt8]) {
    let data = Array(input.prefix(250))
    guard !data.isEmpty else { return }
    let status = CCNETStatus(data)
    expect(!status.name.isEmpty, "a status has a name")
    expect(status.conditions.count <= 1, "a status is one condition at most")
    expectSentence(
        status.conditions.map(\.transcriptText).joined(separator: " ") + ".", about: input)
    expect(
        !CCNETCommand.poll.takes([data[0]]) || ![0x00, 0x30, 0xFF].contains(data[0]),
        "an acknowledgement is no status")
    if CCNETCommand.identification.takes(data), case .data(let data) = CCNETReply(data) {
        let identity = CCNETIdentity.read(data)
        expect(identity.model.utf8.count <= 15 && identity.serial.utf8.count <= 12, "identity fits")
        expectSentence(identity.model + identity.serial + ".", about: [])
    }
    readTable(data)
}

private func readTable(_ data: [UInt8]) {
    let table = CCNETNoteTable.read(data)
    expect(
        table.entries.map(\.type) == Set(table.entries.map(\.type)).sorted(), "a type stands once")
    for entry in table.entries {
        expect(entry.country.utf8.count == 3, "a country has three letters")
        guard let value = entry.value else { continue }
        expect(value > .zero && value <= .yuan(100_000), "a note of \(value)")
    }
    let notes = [BillAcceptorProfile.Note(code: 4, value: .yuan(50))]
    if let mismatch = table.mismatch(currencyCodes: ["CHN", "CNY"], notes: notes) {
        expectSentence(mismatch, about: data)
    } else {
        expect(table.value(ofType: 4) == .yuan(50), "a table that fits has the profile's notes")
    }
}
