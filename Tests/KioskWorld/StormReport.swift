internal import Foundation
internal import KioskModel
internal import VirtualWorld

/// What a storm came to, and the sentences that do not hold.
public struct StormReport: Sendable, Codable {
    public var kiosks = 0
    public var entries = 0
    public var entriesAtOffice = 0
    public var batches = 0
    public var refused = 0
    public var refusedMoney = 0
    /// Of one kiosk.
    public var mostMoneyRefusals = 0
    public var paced = 0
    public var longestWaitSeconds = 0.0
    public var slowestAnswerSeconds = 0.0
    public var peakArrivalsPerSecond = 0
    public var peakTakenPerSecond = 0
    public var mostAtOnce = 0
    public var virtualMinutesUntilMoneyDelivered = -1.0
    public var virtualMinutesUntilDelivered = -1.0
    public var virtualMinutesUntilDrained = -1.0
    public var officeBusyPercent = 0
    public var orders = 0
    public var fen: Int64 = 0
    public var twice = 0
    public var outOfOrder = 0
    public var lost = 0
    public var fenMissing: Int64 = 0
    public var measuredMicrosecondsPerEvent = 0.0
    public var pacing = ""
    public var seed: UInt64 = 0
    public var digest = ""
    public var seconds = 0.0
    /// What arrived, was taken and was refused in each virtual minute.
    public var histogram: [String] = []
    public var violations: [String] = []

    /// The batches at the door in one second, for a fleet of so many: a tenth, and forty for a small one.
    static func peakMax(_ kiosks: Int) -> Int { max(40, kiosks / 10) }

    init(of storm: Storm, seconds: Double) throws {
        let door = storm.door
        (kiosks, entries) = (
            storm.kiosks.count, storm.kiosks.reduce(0) { $0 + $1.entriesPrepared }
        )
        (batches, refused, paced) = (door.total.taken, door.total.refused, door.paced)
        refusedMoney = door.moneyRefusals.values.reduce(0, +)
        mostMoneyRefusals = door.moneyRefusals.values.max() ?? 0
        longestWaitSeconds = Double(door.longestWaitMs) / 1000
        slowestAnswerSeconds = Double(door.slowestAnswerMs) / 1000
        peakArrivalsPerSecond = door.seconds.map(\.arrived).max() ?? 0
        peakTakenPerSecond = door.seconds.map(\.taken).max() ?? 0
        mostAtOnce = door.mostAtOnce
        if let money = storm.moneyDelivered {
            virtualMinutesUntilMoneyDelivered = money / .seconds(60)
        }
        if let delivered = storm.delivered {
            virtualMinutesUntilDelivered = delivered / .seconds(60)
        }
        if let drained = storm.drained { virtualMinutesUntilDrained = drained / .seconds(60) }
        let passed = Double(storm.time.nowNs - door.openedNs) / 1e9
        officeBusyPercent = Int(100 * (storm.machine.busy / .seconds(1)) / passed)
        measuredMicrosecondsPerEvent =
            storm.machine.measured / .microseconds(1) / Double(max(1, storm.machine.measuredEvents))
        (pacing, seed, digest) = (
            storm.settings.pacing.rawValue, storm.settings.seed, String(door.digest, radix: 16)
        )
        histogram = StormReport.histogram(door.seconds)
        try compare(storm)
        judge(storm)
        self.seconds = (seconds * 10).rounded() / 10
    }

    // MARK: Everybody's books

    private mutating func compare(_ storm: Storm) throws {
        let books = storm.books
        for kiosk in storm.kiosks { try kiosk.leave(books) }
        (twice, outOfOrder, lost) = (books.twice, books.outOfOrder, books.lost)
        entriesAtOffice = Int(try books.number("SELECT COUNT(*) FROM inbox"))
        orders = Int(try books.number("SELECT COUNT(*) FROM orders"))
        // The office's books of money, against what the kiosks' own journals say.
        let credited = storm.kiosks.reduce(Int64(0)) { $0 + $1.told.credited.fen }
        fen = storm.kiosks.reduce(0) { $0 + $1.told.committed.fen }
        let received = try books.number(
            "SELECT SUM(debit) FROM balances WHERE account = 'RECEIVED'")
        fenMissing =
            abs(credited - received)
            + abs(fen - (try books.number("SELECT SUM(fen) FROM orders")))
        comparePostings(storm)
    }

    /// Each order reached the billing system once, with its amount, or was refused by it.
    private mutating func comparePostings(_ storm: Storm) {
        let books = storm.bank.books
        twice +=
            books.requests.values.count { $0 > 1 } + books.countsByOrder.values.count { $0 > 1 }
        let all = storm.kiosks.reduce(into: Set<OrderID>()) { $0.formUnion($1.told.orders) }
        lost += all.count {
            books.posting(of: $0.text) == nil && (books.requests[$0.text] ?? 0) == 0
        }
        twice += books.postings.count { OrderID(text: $0.order).map { !all.contains($0) } ?? true }
        let posted = storm.kiosks.reduce(Int64(0)) { sum, kiosk in
            sum + kiosk.told.orders.reduce(0) { $0 + (books.posting(of: $1.text)?.amount.fen ?? 0) }
        }
        fenMissing += abs(posted - books.total.fen)
    }

    // MARK: Sentences

    private mutating func judge(_ storm: Storm) {
        func require(_ holds: Bool, _ sentence: String) {
            if !holds { violations.append(sentence) }
        }
        require(
            storm.drained != nil, "every kiosk is drained: not within \(storm.settings.longest)")
        require(twice == 0, "nothing arrives twice: \(twice) did")
        require(outOfOrder == 0, "every lane arrives in order: \(outOfOrder) entries did not")
        require(lost == 0, "nothing is lost: \(lost) entries or orders were")
        require(fenMissing == 0, "the sums are those of the journals: \(fenMissing) fen are not")
        let limit = StormReport.peakMax(kiosks)
        require(
            peakArrivalsPerSecond <= limit,
            "no second sees more than \(limit) batches at the door: one saw \(peakArrivalsPerSecond)"
        )
        for surprise in storm.door.surprises.prefix(5) { violations.append(surprise) }
        for kiosk in storm.kiosks { violations += kiosk.troubles.prefix(1) }
        violations = Array(violations.prefix(20))
    }

    private static func histogram(_ seconds: [StormDoor.Second]) -> [String] {
        let minutes = stride(from: 0, to: seconds.count, by: 60).map { start in
            let part = seconds[start..<min(start + 60, seconds.count)]
            return (
                arrived: part.reduce(0) { $0 + $1.arrived },
                taken: part.reduce(0) { $0 + $1.taken },
                refused: part.reduce(0) { $0 + $1.refused },
                events: part.reduce(0) { $0 + $1.events }, peak: part.map(\.arrived).max() ?? 0
            )
        }
        let most = max(1, minutes.map(\.arrived).max() ?? 1)
        return minutes.enumerated().map { number, minute in
            let bar = String(repeating: "#", count: (minute.taken * 50 + most - 1) / most)
            let refused = String(repeating: ".", count: minute.refused * 50 / most)
            return "minute \(padded(number, 3)): \(padded(minute.taken, 7)) taken "
                + "\(padded(minute.refused, 6)) refused \(padded(minute.events, 8)) entries, "
                + "most in a second \(padded(minute.peak, 6))  \(bar)\(refused)"
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
