import Foundation
import KioskModel
import OfficeProtocol
import Testing

struct HashChainTests {
    @Test func `the chain is SHA-256 over the hash before, a line feed and the body`() {
        // printf 'abc\n{}' | sha256sum
        #expect(
            HashChain.next(after: "abc", body: "{}")
                == "b4157e40dd21db67528800eb46fe6641eaa5e321734b6890e43e9ce6ed37d91b")
    }

    @Test func `every kiosk, life and lane has a beginning of its own`() throws {
        let kiosk = try #require(KioskID(rawValue: "K0001"))
        let other = try #require(KioskID(rawValue: "K0002"))
        let beginnings = [
            HashChain.genesis(kiosk: kiosk, epoch: Epoch(bits: 1), lane: .money),
            HashChain.genesis(kiosk: kiosk, epoch: Epoch(bits: 1), lane: .alarms),
            HashChain.genesis(kiosk: kiosk, epoch: Epoch(bits: 2), lane: .money),
            HashChain.genesis(kiosk: other, epoch: Epoch(bits: 1), lane: .money),
        ]

        // printf 'kiosk-journal-1\nK0001\n0000000000000001\nmoney' | sha256sum
        #expect(
            beginnings.first
                == "4104db6942932787b711523e38bc6f35d8e7343d82e53767924b431e0b96cf81")
        #expect(Set(beginnings).count == 4)
    }

    @Test func `messages survive the wire`() throws {
        let event = BatchEvent(seq: 1, body: "{\"é\":\"\\u0000\"}", hash: "00")
        let batch = Batch(epoch: Epoch(bits: .max), lane: .telemetry, events: [event])

        let bytes = try JSONEncoder().encode(batch)

        #expect(try JSONDecoder().decode(Batch.self, from: bytes) == batch)
        #expect(batch.idempotencyKey == "ffffffffffffffff:telemetry:1-1")
    }
}
