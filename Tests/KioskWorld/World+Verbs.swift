internal import Foundation
public import KioskFlows
internal import KioskModel
public import KioskRuntime
internal import KioskStore
public import Office
public import VirtualWorld

/// What people do at the kiosk, and what they see.
extension World {
    /// - Precondition: the power is on.
    public var kiosk: Kiosk {
        guard let life else { preconditionFailure("the power is off") }
        return life.kiosk
    }

    public var hasPower: Bool { life != nil }

    /// - Precondition: the office runs.
    public var office: Office {
        guard let office = house.office else { preconditionFailure("the office is off") }
        return office
    }

    // The customer

    /// From the first screen to the open slot.
    public func startTopUp(_ number: String = "13800138000") async throws {
        for choice in ["start", "en"] { try await touch(choice) }
        try await until("the offer of a top-up", within: .seconds(60)) {
            await self.offers("topUp")
        }
        try await touch("topUp")
        try await type(number)
        try await touch("confirm")
        try await until("an answer about the account") { await self.offers("continue") }
        try await touch("continue")
        try await see(.insertNotes)
        try await until("an open slot") { await self.screen?.screen.denominations.isEmpty == false }
        try await advance(.seconds(2))
    }

    private func offers(_ choice: String) async -> Bool {
        let choices = await screen?.screen.choices ?? []
        return choices.contains { $0.id == choice && $0.unavailable == nil }
    }

    public func touch(_ choice: String) async throws {
        try await submit(.choice(choice), "touch \(choice)")
    }

    public func type(_ digits: String) async throws {
        guard let field = await screen?.screen.keypad?.field else {
            throw Disappointment("type: expected a keypad, got none")
        }
        try await submit(.fields([field: digits]), "type")
    }

    private func submit(_ input: Input, _ what: String) async throws {
        guard let life, let shown = await screen else {
            throw Disappointment("\(what): expected a screen, got none")
        }
        stage.tell("customer", what)
        let verdict = await life.kiosk.submit(input, on: shown.id)
        guard verdict == .accepted else {
            throw Disappointment(
                "\(what) on \(shown.screen.name.rawValue): expected it to be taken, got \(verdict)")
        }
    }

    /// Holds the notes to the slot and waits until the unit has done with them.
    public func insert(_ yuan: Int...) async throws {
        try await offer(yuan)
        try await until("the notes to be settled", within: .seconds(60)) {
            let truth = self.acceptor.truth
            return truth.inPath.isEmpty && truth.atSlot.isEmpty
        }
        try await advance(.seconds(2))
    }

    /// Holds the notes to the slot, and does not wait.
    public func offer(_ yuan: [Int]) async throws {
        try acceptor.say("notes " + yuan.map(String.init).joined(separator: " "))
    }

    // Time and trouble

    /// Says a sentence to the unit.
    public func unit(_ words: String) async throws { try acceptor.say(words) }

    public var truth: ValidatorTruth { acceptor.truth }

    public func advance(_ duration: Duration) async throws { try await time.sleep(for: duration) }

    // What is seen

    /// Nil while the power is off or the screen dark.
    public var screen: ShownScreen? {
        get async {
            guard let life else { return nil }
            // The loop shows its first screen a moment after it starts, and no more when it has stopped.
            guard await life.kiosk.status().screen != "none" else { return nil }
            var screens = await life.kiosk.screens().makeAsyncIterator()
            return await screens.next()
        }
    }

    public func see(_ name: Screen.Name, yuan: Int64? = nil, within limit: Duration = .seconds(10))
        async throws
    {
        let amount = yuan.map { " with \($0) yuan" } ?? ""
        try await until("the screen \(name.rawValue)\(amount)", within: limit) {
            guard let shown = await self.screen?.screen, shown.name == name else { return false }
            return yuan == nil || shown.amount == .yuan(yuan ?? 0)
        }
    }

    /// Waits for an entry of that kind that is not there yet, in small steps: for cuts at a certain moment.
    public func waitFor(entry name: String, count: Int = 1) async throws {
        try await until("\(count) \(name)", within: .seconds(90), step: .milliseconds(5)) {
            try await self.entries(name).count >= count
        }
    }

    /// Waits until so much lies in the cassette.
    public func waitFor(cassette yuan: Int64) async throws {
        try await until("\(yuan) yuan in the cassette", step: .milliseconds(5)) {
            self.acceptor.truth.cassetteFen == yuan * 100
        }
    }

    /// Waits until so much has been given back.
    public func waitFor(returned yuan: Int64) async throws {
        try await until("\(yuan) yuan given back", within: .seconds(60)) {
            self.acceptor.truth.returnedFen == yuan * 100
        }
    }

    /// The journal's entries of one kind, as text.
    public func entries(_ name: String) async throws -> [String] {
        try read()
        return tail.texts.filter { $0 == name || $0.hasPrefix(name + " ") }
    }

    public var alarms: [String] { get async { await kiosk.alarms().map(\.code).sorted() } }

    public func account(_ name: String) async -> Int64 {
        await kiosk.ledger().accounts[name] ?? 0
    }

    /// Why cash is not taken now.
    public var cashHindrances: [String] {
        get async { await life?.kiosk.status().services["topUp"] ?? ["no power"] }
    }

    /// How far the office says that it has each lane.
    public var officeAcknowledged: [Int64] {
        get async {
            let lanes = await office.kiosks().first?.lanes ?? []
            return Lane.allCases.map { lane in
                lanes.first { $0.lane == lane.rawValue }?.acked ?? 0
            }
        }
    }

    public var receipts: [String] {
        get async {
            await printer.printed.map { ReceiptDecoder.decode($0).texts.joined(separator: "\n") }
                .filter { !$0.isEmpty }
        }
    }

    /// - Throws: when it does not become true in that time, with what is on the screen instead.
    public func until(
        _ what: String, within limit: Duration = .seconds(10),
        step: Duration = .milliseconds(50), _ holds: () async throws -> Bool
    ) async throws {
        let end = time.nowNs + limit.nanoseconds
        while try await !holds() {
            guard time.nowNs < end else {
                let shown = await screen?.screen
                throw Disappointment(
                    "expected \(what) within \(limit), the screen says "
                        + "\(shown?.name.rawValue ?? "nothing") "
                        + "\(shown?.amount.map { "\($0)" } ?? "") \(shown?.body.map(\.key) ?? [])")
            }
            try await advance(step)
        }
    }

    /// Something that somebody in the world expected, and did not get.
    public struct Disappointment: Error, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }
}
