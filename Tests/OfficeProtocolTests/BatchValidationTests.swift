import KioskModel
import OfficeProtocol
import Testing

struct BatchValidationTests {
    private static let hash = String(repeating: "a", count: 64)

    private func refusal(_ events: [BatchEvent]) -> Refusal? {
        do throws(Refusal) {
            try Batch(epoch: Epoch(bits: 1), lane: .money, events: events).validate()
            return nil
        } catch { return error }
    }

    private func events(_ seqs: [Int64], body: String = "{}", hash: String = hash) -> [BatchEvent] {
        seqs.map { BatchEvent(seq: $0, body: body, hash: hash) }
    }

    @Test func `a batch within the limits passes`() {
        #expect(refusal(events([1])) == nil)
        #expect(refusal(events(Array(1...200))) == nil)
        #expect(refusal(events([7], body: String(repeating: "x", count: 65_536))) == nil)
    }

    @Test func `no events, gaps, repeats and wild numbers are malformed, by name`() {
        for (seqs, named) in [
            ([], nil), ([0], 0), ([-5], -5), ([1, 3], 3), ([2, 2], 2), ([3, 2], 2),
            ([.max], .max),
        ] as [([Int64], Int64?)] {
            let refusal = refusal(events(seqs))
            #expect(refusal?.code == .malformed && refusal?.seq == named, "\(seqs)")
        }
    }

    @Test func `too many events, too long a body and too many bytes are too large`() {
        #expect(refusal(events(Array(1...201)))?.code == .tooLarge)
        #expect(
            refusal(events([1], body: String(repeating: "x", count: 65_537)))?.code == .tooLarge)
        let fifth = refusal(events(Array(1...6), body: String(repeating: "x", count: 60_000)))
        #expect(fifth?.code == .tooLarge && fifth?.seq == 5)
    }

    @Test(arguments: [
        "", "abc", String(repeating: "A", count: 64), String(repeating: "é", count: 32),
    ])
    func `a hash is 64 lower-case hex digits`(_ hash: String) {
        #expect(refusal(events([1], hash: hash))?.code == .malformed)
    }
}
