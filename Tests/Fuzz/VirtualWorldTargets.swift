import DeviceKit
import KioskModel

@testable import Drivers
@testable import OfficeWeb
@testable import VirtualWorld

/// Two readers of JSON, written apart, agree on what is JSON and on what it says.
@Sendable func fuzzJSON(_ input: [UInt8]) {
    let ours = JSONText(input)
    let theirs: JSONValue?
    do {
        theirs = try JSONValue(bytes: input)
    } catch {
        expectSentence("\(error)", about: input)
        theirs = nil
    }
    if let theirs {
        if depth(theirs) < JSONText.depthMax {
            expect(agree(ours, theirs), "both read it the same")
        }
        let again = try? JSONValue(theirs.text)
        expect(again?.text == theirs.text, "what is written is read again")
    } else {
        expect(ours == nil, "what one refuses the other refuses")
    }
    guard let text = text(input) else { return }
    expect(JSONText(JSONText.quoted(text).utf8) == .string(text), "a quoted text is that text")
}

private func depth(_ value: JSONValue) -> Int {
    switch value {
    case .null, .bool, .number, .string: 0
    case .array(let items): 1 + (items.map(depth).max() ?? 0)
    case .object(let members): 1 + (members.map { depth($0.1) }.max() ?? 0)
    }
}

private func agree(_ left: JSONText?, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.array(let left), .array(let right)):
        left.count == right.count && zip(left, right).allSatisfy { agree($0, $1) }
    case (.object(let left), .object(let right)):
        left.count == right.count && right.allSatisfy { agree(left[$0.0], $0.1) }
    default: false
    }
}

/// A sentence said to the virtual validator.
@Sendable func fuzzWord(_ input: [UInt8]) {
    guard let sentence = text(input) else { return }
    do {
        let word = try ValidatorWord(sentence)
        if case .notes(let notes) = word {
            expect((1...ValidatorWord.notesMax).contains(notes.count), "a hand holds so many notes")
        }
        var validator = VirtualValidator()
        _ = try? validator.say(word, at: 1)
        expect(ValidatorTruth(json: validator.truth(at: 2).json) != nil, "the truth can be read")
    } catch {
        expectSentence("\(error)", about: input)
    }
}

/// The virtual unit under any host and any person: no note appears, none goes.
@Sendable func fuzzValidator(_ input: [UInt8]) {
    var deal = Deal(input)
    var validator = VirtualValidator(timing: deal.byte() & 1 == 0 ? .manual : .pseudoTerminal)
    var (now, offered) = (Int64(0), 0)
    while !deal.isOver {
        let choice = deal.byte()
        now += Int64(choice & 0x1F) * 7_000_000
        switch choice >> 5 {
        case 0...1: answer(&validator, deal.bytes(Int(choice & 0x1F) + 1), now)
        case 2...4: answer(&validator, CCNETLine.frame(deal.bytes(Int(choice & 7) + 1)), now)
        default:
            let sentence = sentences[Int(deal.byte()) % sentences.count]
            let before = validator.truth(at: now)
            let said = try? validator.say(sentence, at: now)
            if sentence == "notes 50 20", said != nil { offered += 2 }
            if sentence == "notes back" { offered -= before.atSlot.count }
        }
        let truth = validator.truth(at: now)
        expect(truth.inPath.count <= 1, "one note at a time is in the path")
        expect(truth.offered == offered, "\(truth.offered) notes of \(offered) offered")
        expect(ValidatorTruth(json: truth.json) == truth, "the truth is read as it is written")
    }
}

private let sentences =
    [
        "notes 50 20", "notes back", "power cut", "power restore", "cassette remove",
        "cassette insert",
    ]
    + ValidatorFault.Name.allCases.flatMap { ["fault \($0.rawValue)", "clear \($0.rawValue)"] }
    + ["clear all", "fault jam-validator next", "fault lost-reply 2 at 81", "fault late-reply 3"]

private func answer(_ validator: inout VirtualValidator, _ bytes: [UInt8], _ now: Int64) {
    for reply in validator.receive(bytes, at: now) {
        expect(reply.atNs >= now, "an answer comes after its question")
        expect(reply.bytes.count <= 1024, "an answer has an end")
    }
}

/// What `kiosk-sim` left on its disk.
@Sendable func fuzzValidatorState(_ input: [UInt8]) {
    guard let text = text(input), let truth = ValidatorTruth(json: text) else { return }
    expect(truth.offered >= 0 && truth.cassetteFen >= 0 && truth.returnedFen >= 0, "counts add up")
    expect(ValidatorTruth(json: truth.json) == truth, "the truth is read as it is written")
    var validator = VirtualValidator(truth: truth)
    expect(validator.truth(at: 1).offered == truth.offered, "a start loses nothing")
}

/// A print job, as the virtual printer reads it.
@Sendable func fuzzReceipt(_ input: [UInt8]) {
    let receipt = ReceiptDecoder.decode(input)
    for problem in receipt.problems { expectSentence(problem, about: input) }
    expect(receipt.problems.count <= 2 * input.count + 2, "so many problems fit into so many bytes")
    _ = receipt.picture(columns: 48)
}

/// Text from the outside on paper: nothing in it is a command, every line fits, and the reader finds it again.
@Sendable func fuzzPrint(_ input: [UInt8]) {
    var deal = Deal(input)
    let choice = deal.byte()
    guard let text = text(deal.all()) else { return }
    let profile = PrinterProfile(
        head: ProfileHead(
            name: "printers/fuzzed", driver: "escpos", make: "Fuzzed", model: "Printer",
            status: .shouldWork, quirks: []),
        columns: [16, 32, 48, 132][Int(choice & 3)], chinese: choice & 4 == 0,
        cuts: choice & 8 == 0, jobTimeout: .seconds(1), pollInterval: .seconds(1))
    let alignment: PrintDocument.Alignment = choice & 16 == 0 ? .center : .left
    let style = PrintDocument.Style(
        alignment, bold: choice & 32 != 0, scale: choice & 64 == 0 ? 1 : 2)
    let parts = text.split(separator: "|", maxSplits: 8, omittingEmptySubsequences: false)
    var lines = parts.map { PrintDocument.Line.text(String($0), style) }
    lines.append(.pair(String(parts[0]), String(parts[parts.count - 1]), style))
    lines += [.rule, .feed(Int(choice >> 5))]
    let document = PrintDocument(lines)

    for row in document.rows(columns: profile.columns) {
        guard case .text(let text, let style) = row else { continue }
        expect(
            PrintDocument.columns(of: text) * style.scale <= profile.columns,
            "a line fits the paper")
    }
    let receipt = ReceiptDecoder.decode(ESCPOSEncoder(profile: profile).bytes(of: document))
    expect(receipt.problems.isEmpty, "the printer understands it: \(receipt.problems)")
    expect(receipt.isCut == profile.cuts, "it is cut where it can be")
    _ = document.plainText(columns: profile.columns)
}
