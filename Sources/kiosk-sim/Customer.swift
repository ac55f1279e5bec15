internal import KioskModel
internal import Machine
internal import VirtualWorld

/// A person in front of the kiosk: reads the screen, taps, inserts notes, waits, and complains.
///
/// Goes on with whatever is shown when the kiosk comes back from a restart.
actor Customer {
    struct Plan: Sendable {
        enum Goal: Sendable {
            case topUp([Money], cancelAt: String?)
            case claim(slip: String)
        }
        let goal: Goal
        let number: String
    }

    /// How the visit ended.
    struct Result: Sendable {
        var slip: String?
        var state: String?
        var amountFen: Int64?
        var cancelled = false

        var json: JSONValue {
            .object([
                ("slip", slip.map { .string($0) } ?? .null),
                ("state", state.map { .string($0) } ?? .null),
                ("amountFen", amountFen.map { .integer($0) } ?? .null),
                ("cancelled", .bool(cancelled)),
            ])
        }

        var sentence: String {
            if cancelled { return "cancelled: no money inserted" }
            let amount = amountFen.map { Money(fen: $0).description } ?? "no amount"
            return "slip \(slip ?? "none"): \(amount), \(state ?? "no state")"
        }
    }

    /// What a person says of a kiosk that let them down.
    struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    private static let glance = Duration.milliseconds(30)

    let plan: Plan
    let feed: ScreenFeed
    let options: CustomerOptions
    private let clock = MachineTime()
    var result = Result()
    /// Inserted and not come back, in fen.
    var insertedFen: Int64 = 0
    var notesLeft: [Money] = []
    /// Complaints that wait until the visit is over: the money comes first.
    var grievance: String?
    /// The note in hand, and what the total must become.
    var offer: NoteOffer?
    /// Which screen was answered already.
    private var answered: (connection: Int, id: Int64)?
    private var current = ""
    private var sinceNs: Int64 = 0
    var sawOutcome = false

    init(_ plan: Plan, feed: ScreenFeed, options: CustomerOptions) {
        (self.plan, self.feed, self.options) = (plan, feed, options)
        if case .topUp(let notes, _) = plan.goal { notesLeft = notes }
    }

    /// - Throws: the complaint.
    func visit() async throws -> Result {
        let feed = self.feed
        let result: Swift.Result<Result, any Error> = await withTaskGroup(
            of: Swift.Result<Result, any Error>?.self
        ) { group in
            group.addTask {
                await feed.watch()
                return nil
            }
            group.addTask {
                do { return .success(try await self.play()) } catch { return .failure(error) }
            }
            defer { group.cancelAll() }
            while let ended = await group.next() { if let ended { return ended } }
            return .failure(Complaint(description: "customer: nobody played"))
        }
        await feed.end()
        return try result.get()
    }

    private func play() async throws -> Result {
        move(to: "dark")
        while true {
            let shown = feed.shown
            let name = shown?.name ?? "dark"
            if name != current {
                move(to: name)
                if let shown { describe(shown) }
            }
            if let shown, try await act(on: shown) {
                if let grievance { throw Complaint(description: "customer: \(grievance)") }
                return result
            }
            let patience = Patience.of(current)
            guard waited < patience else {
                throw Complaint(
                    description: "customer: waited \(patience.components.seconds) s at "
                        + "\(Patience.words(current)) in vain")
            }
            try await clock.sleep(for: Self.glance)
        }
    }

    /// Patience begins anew.
    func move(to name: String) {
        current = name
        sinceNs = clock.now.monotonicNs
    }

    /// How long this screen, or the last note, has taken.
    var waited: Duration { .nanoseconds(clock.now.monotonicNs - sinceNs) }

    private func describe(_ shown: ScreenFeed.Shown) {
        let amount = shown.amountFen.map { "  \(Money(fen: $0).yuanText)" } ?? ""
        let line = shown.name + amount
        if options.json { Terminal.remark(line) } else { Terminal.say(line) }
    }

    // Hands

    /// Taps once per screen shown; a tap on a screen that has gone does nothing and is tried on the next.
    func tap(_ choice: String, on shown: ScreenFeed.Shown) async throws {
        try await send([("choice", .string(choice))], on: shown)
    }

    func type(_ digits: String, into field: String, on shown: ScreenFeed.Shown) async throws {
        if let complaint = shown.json["keypad"]?["complaint"]?["key"]?.string {
            throw Complaint(
                description: "customer: the kiosk does not take the \(field): \(complaint)")
        }
        try await send([("fields", .object([(field, .string(digits))]))], on: shown)
    }

    private func send(_ members: [(String, JSONValue)], on shown: ScreenFeed.Shown) async throws {
        if let answered, answered == (shown.connection, shown.id) { return }
        guard let answer = await feed.post(.object([("screen", .integer(shown.id))] + members))
        else { return }
        switch answer.status {
        case 204, 409: answered = (shown.connection, shown.id)
        case 503: break
        default:
            throw Complaint(
                description: "customer: \(shown.name) answered \(answer.status): \(answer.reason)")
        }
    }
}

/// How long a person waits at each screen before complaining.
enum Patience {
    static func of(_ screen: String) -> Duration {
        switch screen {
        case "dark": .seconds(40)
        // The acceptor may still be starting.
        case "service", "outOfService": .seconds(45)
        case "insertNotes": .seconds(60)
        // A note of which nobody knows is settled within a minute.
        case "finishing": .seconds(90)
        case "outcome", "goodbye", "claimAnswer": .seconds(30)
        default: .seconds(20)
        }
    }

    static func words(_ screen: String) -> String {
        screen == "dark" ? "a dark screen" : "the screen \(screen)"
    }
}
