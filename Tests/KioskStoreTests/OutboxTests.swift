import Foundation
import GRDB
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import KioskStore

struct OutboxTests {
    @Test func `what waits is what the office has not acknowledged, byte for byte`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try journal.append(all: Visited.note(20))

        try journal.acknowledge(.money, upTo: 3)

        let waiting = try journal.waiting(.money, events: 10, bytes: 10_000)
        #expect(waiting.map(\.seq) == [4, 5])
        let body = try JSONDecoder().decode(EntryBody.self, from: Data(waiting[1].body.utf8))
        #expect(body.entry == Visited.note(20)[2][0])
        #expect(waiting[1].hash == HashChain.next(after: waiting[0].hash, body: waiting[1].body))
    }

    @Test func `an acknowledgement never falls, not even over a restart`() throws {
        let folder = try JournalFolder()
        do {
            let journal = try folder.open()
            try journal.append(all: Visited.note(20))
            try journal.acknowledge(.money, upTo: 4)
            try journal.acknowledge(.money, upTo: 2)
        }

        let outbox = try folder.open().outbox(.money)

        #expect(outbox.acked == 4)
        #expect(outbox.waiting == 1)
    }

    @Test func `a batch stays within its limits, but never stands still for one large entry`()
        throws
    {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let alarm = AlarmKey(.acceptorFault, "billAcceptor/0")
        let evidence = String(repeating: "\"", count: 1000)
        for _ in 0..<5 {
            try journal.append([.alarmRaised(alarm: alarm, severity: .major, evidence: evidence)])
        }

        let (few, one) = (
            try journal.waiting(.alarms, events: 3, bytes: 1_000_000),
            try journal.waiting(.alarms, events: 5, bytes: 10)
        )
        let fitting = try journal.waiting(.alarms, events: 5, bytes: 10_000)

        #expect(few.count == 3)
        #expect(one.map(\.seq) == [1])
        let encoded = try JSONEncoder().encode(
            Batch(epoch: journal.epoch, lane: .alarms, events: fitting))
        #expect(fitting.count == 2 && encoded.count <= 10_000)
    }

    @Test func `cash counts as on our own word until the office has its credit`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try journal.append(all: Visited.note(50))
        let credit = try journal.outbox(.money).last

        let before = try journal.unacknowledgedCash()
        try journal.acknowledge(.money, upTo: credit - 1)
        let almost = try journal.unacknowledgedCash()
        try journal.acknowledge(.money, upTo: credit)

        #expect((before, almost) == (.yuan(50), .yuan(50)))
        #expect(try journal.unacknowledgedCash() == .zero)
    }

    @Test func `the age of the outbox is that of its oldest waiting entry`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try folder.time.run { [time = folder.time] in try await time.sleep(for: .seconds(60)) }
        try journal.append([.cassetteRemoved])

        let first = try journal.outbox(.money).oldestWaiting
        try journal.acknowledge(.money, upTo: 1)
        let second = try journal.outbox(.money).oldestWaiting
        try journal.acknowledge(.money, upTo: 2)

        #expect(first?.monotonicNs == 0)
        #expect(second?.monotonicNs == 60_000_000_000)
        #expect(try journal.outbox(.money).oldestWaiting == nil)
    }

    @Test func `too much telemetry is counted instead of kept, and the count is told`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let ratings = (0..<Int(Journal.telemetryWaitingMax) + 7).map { _ in
            Entry.rated(session: SessionID(1), stars: 5)
        }

        try journal.append(ratings)
        let full = try journal.outbox(.telemetry)
        try journal.acknowledge(.telemetry, upTo: 100)
        try journal.append([.rated(session: SessionID(2), stars: 1)])

        #expect(full.last == Journal.telemetryWaitingMax)
        let told = try journal.events(.telemetry, after: full.last, events: 10, bytes: 9999)
        #expect(told.count == 2)
        #expect(told[0].body.contains(#""telemetryDropped":{"count":7}"#))
        #expect(try journal.verify().firstBroken == nil)
    }
}
