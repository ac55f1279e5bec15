internal import KioskModel

/// An order on its way to the billing system, as its queue holds it.
struct Posting: Sendable {
    enum Phase: String, Sendable {
        /// Never sent, or surely not arrived.
        case prepared
        /// Being sent now; after a restart it becomes `unknown`.
        case sent
        /// It may have arrived: ask before anything else.
        case unknown
    }
    /// Order of receipt at the office.
    let place: Int64
    let kiosk: String
    let epoch: String
    let order: OrderID
    let phone: PhoneNumber
    let amount: Money
    var phase: Phase
    /// Attempts in a row that led nowhere, for the back-off.
    var failures = 0
    /// When this process first did not know; nil while it does.
    var unknownSinceNs: Int64?
}

/// The orders that wait: one line per phone number, in order of receipt, so that one number's trouble holds up no other.
///
/// It is a window on the database, bounded by the office, and is made anew at every start.
struct PostingQueue {
    /// The latest order that has been loaded.
    private(set) var lastPlace: Int64 = 0
    private(set) var count = 0
    private var lines: [PhoneNumber: [Posting]] = [:]
    /// The heads of lines that are not being worked on, latest first.
    private var due: [Due] = []

    private struct Due {
        let atNs: Int64
        let place: Int64
        let phone: PhoneNumber
    }

    /// Joins the end of its number's line.
    mutating func add(_ posting: Posting, nowNs: Int64) {
        precondition(posting.place > lastPlace, "orders are loaded in order of receipt")
        lastPlace = posting.place
        count += 1
        lines[posting.phone, default: []].append(posting)
        if lines[posting.phone]?.count == 1 { schedule(posting, atNs: nowNs) }
    }

    var nextDueNs: Int64? { due.last?.atNs }

    /// The head that has waited longest, if its time has come. Its line waits until `retry` or `finish`.
    mutating func takeDue(nowNs: Int64) -> Posting? {
        guard let next = due.last, next.atNs <= nowNs else { return nil }
        due.removeLast()
        guard let posting = lines[next.phone]?.first, posting.place == next.place else {
            preconditionFailure("a head that is not at the head of its line")
        }
        return posting
    }

    mutating func retry(_ posting: Posting, atNs: Int64) {
        precondition(lines[posting.phone]?.first?.place == posting.place, "not the head")
        lines[posting.phone]?[0] = posting
        schedule(posting, atNs: atNs)
    }

    mutating func finish(_ posting: Posting, nowNs: Int64) {
        guard var line = lines[posting.phone], line.first?.place == posting.place else {
            preconditionFailure("not the head")
        }
        line.removeFirst()
        count -= 1
        lines[posting.phone] = line.isEmpty ? nil : line
        if let next = line.first { schedule(next, atNs: nowNs) }
    }

    private mutating func schedule(_ posting: Posting, atNs: Int64) {
        let key = (atNs, posting.place)
        var (low, high) = (0, due.count)
        while low < high {
            let middle = (low + high) / 2
            if (due[middle].atNs, due[middle].place) > key {
                low = middle + 1
            } else {
                high = middle
            }
        }
        due.insert(Due(atNs: atNs, place: posting.place, phone: posting.phone), at: low)
    }
}
