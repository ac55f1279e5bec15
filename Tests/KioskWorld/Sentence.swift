internal import Glibc
internal import KioskModel
internal import OfficeProtocol
internal import VirtualWorld

/// What must be true of the whole world when all faults have ended and everything has been delivered. Truth is the
/// cassette's content, the customer's hand and the billing system's book, never our own ledger.
public struct Sentence: Sendable {
    /// What must be true; the bug that only it catches says so, in `Tests/Mutants`.
    public let name: String
    /// What contradicts it; nil: it holds.
    let evidence: @Sendable (Facts) -> String?

    public static let all: [Sentence] =
        [cassette, books, posting, lanes, delivery, paper, service].flatMap(\.self)

    init(_ name: String, _ evidence: @escaping @Sendable (Facts) -> String?) {
        (self.name, self.evidence) = (name, evidence)
    }

    /// The sentences that do not hold.
    public static func broken(_ facts: Facts) -> [Violation] {
        all.compactMap { sentence in
            sentence.evidence(facts).map { Violation(sentence.name, $0) }
        }
    }

    // The cassette and the hand against the kiosk's books

    private static let cassette = [
        Sentence("I2 every credited note lies in the cassette") { facts in
            for (fen, count) in facts.ledger.notes[.credited, default: [:]].sorted(by: <) {
                let there = facts.truth.cassette[fen, default: 0]
                if count > there { return "\(count) of \(fen) credited, \(there) in the cassette" }
            }
            return nil
        },
        Sentence("I2 whatever lies in the cassette is credited or in doubt") { facts in
            let (inside, known) = (facts.inside, facts.credited + facts.doubtful)
            return inside <= known ? nil : "\(inside) inside, \(known) in the books"
        },
        Sentence("I2 a note given back is in the customer's hand") { facts in
            for (fen, count) in facts.ledger.notes[.returned, default: [:]].sorted(by: <) {
                let there = facts.truth.returned[fen, default: 0]
                if count > there { return "\(count) of \(fen) given back, \(there) in the hand" }
            }
            return nil
        },
        Sentence("I2 no note is left open or on its way") { facts in
            if let open = facts.ledger.openNote { return "\(open)" }
            return facts.truth.inPath.isEmpty ? nil : "in the path: \(facts.truth.inPath)"
        },
    ]

    // The kiosk's books in themselves

    /// I1 is asked of both books at once, see `delivery`.
    private static let books = Invariant.all.filter { !$0.isOfBalance }.map { invariant in
        Sentence(invariant.name) { $0.ledger.broken(invariant) ? invariant.sentence : nil }
    }

    // The billing system against everybody

    /// Looked at whenever something happens, and at the end.
    static let postedIsCovered =
        "I7 posted is no more than received, received no more than the cassette holds"

    private static let posting = [
        Sentence("I6 each order is booked at most once") { facts in
            let twice = facts.billing.countsByOrder.filter { $0.value != 1 }
            return twice.isEmpty ? nil : "\(twice.keys.sorted())"
        },
        Sentence("I6 what is booked is what was paid") { facts in
            for posting in facts.billing.postings {
                guard let order = facts.order(posting.order) else {
                    return "\(posting.order) is booked and in no journal"
                }
                guard order.phone == posting.number, order.amount == posting.amount else {
                    return "\(posting.order) is booked with another number or amount"
                }
            }
            return nil
        },
        Sentence(Sentence.postedIsCovered) {
            let (posted, received) = (
                $0.billing.total.fen, $0.officeAccounts["RECEIVED", default: 0]
            )
            guard posted <= received, received <= $0.truth.cassetteFen else {
                return "posted \(posted), received \(received), inside \($0.truth.cassetteFen)"
            }
            return nil
        },
        Sentence("I7 an order that is credited is booked, one that is refused is not") { facts in
            for order in facts.ledger.orders {
                let isBooked = facts.billing.posting(of: order.order.text) != nil
                guard isBooked == (order.state == .credited) else {
                    return "\(order.order) is \(order.state), booked: \(isBooked)"
                }
            }
            return nil
        },
    ]

    // Kiosk and office

    private static let lanes = Lane.allCases.map { lane in
        Sentence("I8 the office has the \(lane.rawValue) lane, entry by entry") { facts in
            difference(facts.lanes[lane, default: []], facts.officeLanes[lane, default: []])
        }
    }

    private static let delivery = [
        Sentence("I8 the journal's chain holds") { $0.brokenEntry },
        Sentence("I1 I8 the kiosk's books and the office's balance, and say the same") { facts in
            let crooked = Invariant.all.first { $0.isOfBalance && facts.ledger.broken($0) }
            if let crooked { return crooked.sentence }
            guard facts.officeBalanced else { return "\(facts.officeAccounts.sorted(by: <))" }
            for account in KioskLedger.Account.allCases {
                let name = account == .stacker ? "RECEIVED" : account.rawValue
                let (here, there) = (
                    facts.ledger.balance(account).fen, facts.officeAccounts[name, default: 0]
                )
                if here != there { return "\(name): kiosk \(here), office \(there)" }
            }
            return nil
        },
        Sentence("I8 nothing is left to be told or posted") { facts in
            let due = facts.ledger.balance(.topUpDue)
            guard due == .zero, facts.untold == 0 else {
                return "\(due) sold and neither posted nor refused, \(facts.untold) entries untold"
            }
            return nil
        },
    ]

    private static func difference(_ kiosk: [BatchEvent], _ office: [BatchEvent]) -> String? {
        guard kiosk.count == office.count else {
            return "kiosk \(kiosk.count) entries, office \(office.count)"
        }
        for (place, (here, there)) in zip(kiosk, office).enumerated() {
            guard here.seq == Int64(place) + 1 else { return "a gap before \(here.seq)" }
            guard here == there else { return "entry \(here.seq) differs" }
        }
        return nil
    }

    // Paper

    private static let paper = [
        Sentence("I14 what came out is the receipt of an order, and says its amount") { facts in
            let orders = facts.ledger.orders
            for receipt in facts.receipts {
                let text = receipt.texts.joined(separator: "\n")
                let fits = orders.contains { order in
                    text.has(order.slip.grouped) && text.has(order.amount.yuanText)
                }
                guard receipt.problems.isEmpty, fits else {
                    return "\(text) \(receipt.problems)"
                }
            }
            return nil
        },
        Sentence("I14 no order has two originals") { facts in
            let originals = facts.receipts.map { $0.texts.joined(separator: "\n") }
                .filter { !$0.has("COPY") }
            for order in facts.ledger.orders {
                let originals = originals.count { $0.has(order.slip.grouped) }
                if originals > 1 { return "\(originals) of \(order.order)" }
            }
            return nil
        },
        Sentence("I14 every paid session's receipt has ended") { facts in
            facts.ledger.openReceipts.first.map { "\($0.order) copy \($0.copy)" }
        },
    ]

    // The kiosk after all of it

    private static let service = [
        Sentence("the faults over, every alarm ends but that of doubt") { facts in
            let expected = facts.doubtful > 0 ? ["noteDoubtful"] : []
            return facts.alarms == expected ? nil : "\(facts.alarms)"
        },
        Sentence("the faults over, cash is taken again") { facts in
            facts.hindrances.isEmpty ? nil : "\(facts.hindrances)"
        },
        Sentence("the faults over, every visit has ended") { facts in
            facts.ledger.openSession.map { "\($0.session) is open" }
        },
    ]
}

extension Invariant {
    fileprivate var isOfBalance: Bool { name.hasPrefix("I1 ") }
}

extension Facts {
    var credited: Int64 { ledger.balance(.stacker).fen }
    public var doubtful: Int64 { ledger.balance(.suspense).fen }
    /// What is in the machine, moving notes included.
    var inside: Int64 { truth.cassetteFen + truth.inPath.reduce(0, +) }

    /// In the machine, and in no book.
    public var fenLost: Int64 {
        let booked = ledger.orders.filter { $0.state == .credited }.reduce(0) { $0 + $1.amount.fen }
        return max(0, inside - credited - doubtful) + max(0, booked - billing.total.fen)
    }

    /// Credited or posted, and not in the machine.
    public var fenInvented: Int64 {
        max(0, credited - truth.cassetteFen) + max(0, billing.total.fen - credited)
    }

    func order(_ id: String) -> KioskLedger.Order? {
        OrderID(text: id).flatMap { ledger.order($0) }
    }
}

extension String {
    /// Byte by byte: thousands of receipts are searched.
    fileprivate func has(_ part: String) -> Bool { strstr(self, part) != nil }
}
