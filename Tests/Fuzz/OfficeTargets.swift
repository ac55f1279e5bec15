import Foundation
import KioskModel
import OfficeProtocol

@testable import KioskRuntime
@testable import Office
@testable import OfficeClient
@testable import OfficeWeb

/// The body of `POST …/batches`, as the office reads it.
@Sendable func fuzzBatch(_ input: [UInt8]) {
    guard let batch = decoded(Batch.self, input) else { return }
    do {
        try batch.validate()
    } catch {
        return expectSentence(error.reason, about: input)
    }
    let first = batch.events[0].seq
    expect(first >= 1 && batch.events.count <= Limits.batchEvents, "a batch is within its limits")
    expect(
        batch.events.map(\.seq) == Array(first..<first + Int64(batch.events.count)),
        "a batch that validates has no gaps")
    expect(
        batch.events.reduce(0) { $0 + $1.body.utf8.count } <= Limits.batchBytes,
        "a batch is within its size")
    for event in batch.events { read(event, batch.lane) }
}

/// The bytes of one event.
@Sendable func fuzzEntry(_ input: [UInt8]) {
    guard let body = text(input) else { return }
    struct Place: Decodable {
        let lane: Lane?
        let seq: Int64?
    }
    let place = try? JSONDecoder().decode(Place.self, from: Data(input))
    read(
        BatchEvent(seq: place?.seq ?? 1, body: body, hash: ""), place?.lane ?? .money)
}

private func read(_ event: BatchEvent, _ lane: Lane) {
    switch EntryReader().read(event, lane: lane) {
    case .entry(let body):
        expect(body.lane == lane && body.seq == event.seq && body.v == 1, "an entry in its place")
        _ = decoded(EntryBody.self, Array(event.body.utf8))
        expectHidden(body.entry)
    case .unreadable(let why): expectSentence(why, about: Array(event.body.utf8))
    case .mismatch: break
    }
}

/// Neither the line for people nor a dump shows the number.
private func expectHidden(_ entry: Entry) {
    let phone: PhoneNumber
    switch entry {
    case .numberChosen(_, let number), .paymentCommitted(_, _, let number, _): phone = number
    case .receiptIssued(let receipt): phone = receipt.phone
    default: return
    }
    guard Phones.read(phone.clear) != nil else { return }
    // As another field may hold the same digits, each is looked for where it would stand.
    expect(!entry.text.contains("phone=\(phone.clear)"), "the line for people masks the number")
    expect(!"\(phone)\(phone.debugDescription)".contains(phone.clear), "a number prints its mask")
}

/// The body of `POST …/questions`.
@Sendable func fuzzQuestion(_ input: [UInt8]) {
    guard let question = decoded(Question.self, input) else { return }
    switch question {
    case .account(let phone), .claim(_, let phone):
        guard let known = Phones.read(phone.clear) else { return }
        expect(known == phone, "a number stays what it is")
        expect(!"\(question)".contains("\"\(phone.clear)\""), "a question prints no number")
    }
}

/// What comes back at the kiosk: the first byte chooses status and message, the first line is Retry-After.
@Sendable func fuzzOfficeReply(_ input: [UInt8]) {
    var deal = Deal(input)
    let statuses: [UInt] = [200, 200, 200, 200, 400, 403, 409, 413, 422, 429, 500, 503]
    let status = statuses[Int(deal.byte()) % statuses.count]
    let rest = deal.all()
    let header = rest.prefix { $0 != 0x0A }
    let reply = OfficeReply(
        operation: "ask the office", status: status, retryAfter: text(Array(header)),
        body: Data(rest.dropFirst(header.count + 1)))
    if let fault = reply.fault { return expectFault(fault, rest) }
    let body = Array(reply.body)
    do throws(OfficeFault) {
        let answer = try reply.decoded(as: BatchAnswer.self)
        expect(decoded(BatchAnswer.self, body) == answer, "an answer is read the same again")
    } catch {
        expectFault(error, rest)
    }
    _ = decoded(Commands.self, body)
    _ = decoded(Answer.self, body)
}

private func expectFault(_ fault: OfficeFault, _ input: [UInt8]) {
    switch fault {
    case .unreachable(let why), .untrusted(let why): expectSentence(why, about: input)
    case .refused(let refusal): expectSentence(refusal.reason, about: input)
    case .busy(let pause): expect((.zero ... .seconds(300)).contains(pause), "a pause has an end")
    }
}

/// The billing system's answer: the first byte chooses the status.
@Sendable func fuzzBillingReply(_ input: [UInt8]) {
    var deal = Deal(input)
    let statuses: [UInt] = [200, 201, 206, 400, 404, 409, 422, 500]
    let status = statuses[Int(deal.byte()) % statuses.count]
    let json = JSONText(deal.all())
    let reply = BillingReply(
        operation: "ask about K1-0000000000000001-7", status: status, json: json)
    if let refusal = reply.refusal { expectShown(refusal) }
    guard case .unknown(let unclear) = reply.unclear else {
        return expect(false, "what is not clear is unknown")
    }
    expectSentence(unclear, about: input)
    for item in [json].compactMap({ $0 }) + (json?.items ?? []) {
        guard let topUp = TopUp(item) else { continue }
        switch topUp.answer {
        case .completed(let reference): expect(reference.utf8.count <= 800, "a bounded reference")
        case .refused(let reason): expectShown(reason)
        case .inProgress: break
        }
        if let amount = topUp.amount {
            expect(Money(yuanText: amount.yuanText) == amount, "an amount is exact")
        }
    }
}

/// The billing system's words on the desk: bounded, and no phone number among them.
private func expectShown(_ text: String) {
    expect(text.utf8.count <= 1000, "\(text.utf8.count) bytes for the desk")
    var digits = 0
    for scalar in text.unicodeScalars {
        digits = ("0"..."9").contains(scalar) ? digits + 1 : 0
        expect(digits < 9, "a number for all to see")
    }
}

/// The message; what is read is written and read the same again.
private func decoded<Message: Codable & Equatable>(_ type: Message.Type, _ input: [UInt8])
    -> Message?
{
    guard let message = try? JSONDecoder().decode(type, from: Data(input)) else { return nil }
    let again = try? JSONDecoder().decode(type, from: JSONEncoder().encode(message))
    expect(again == message, "a \(type) is read as it is written")
    return message
}
