import Foundation
import KioskFlows
import KioskModel
import KioskRuntime
import KioskStore
import Testing
import VirtualWorld

/// What people do at the kiosk, and what they see.
extension KioskBench {
    var kiosk: Kiosk {
        guard let life else { preconditionFailure("the power is off") }
        return life.kiosk
    }

    // The customer

    /// From the first screen to the open slot.
    func startTopUp(_ number: String = "13800138000") async throws {
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

    func touch(_ choice: String) async throws {
        let shown = try #require(await screen)
        #expect(await kiosk.submit(.choice(choice), on: shown.id) == .accepted, "touch \(choice)")
    }

    func type(_ digits: String) async throws {
        let shown = try #require(await screen)
        let field = try #require(shown.screen.keypad?.field)
        #expect(await kiosk.submit(.fields([field: digits]), on: shown.id) == .accepted)
    }

    /// Holds the notes to the slot and waits until the unit has done with them.
    func insert(_ yuan: Int...) async throws {
        try await offer(yuan)
        try await until("the notes to be settled", within: .seconds(60)) {
            let truth = await self.line.truth()
            return truth.inPath.isEmpty && truth.atSlot.isEmpty
        }
        try await advance(.seconds(2))
    }

    /// Holds the notes to the slot, and does not wait.
    func offer(_ yuan: [Int]) async throws {
        try await line.say("notes " + yuan.map(String.init).joined(separator: " "))
    }

    // Time and trouble

    func advance(_ duration: Duration) async throws { try await time.sleep(for: duration) }

    func unit(_ words: String) async throws { try await line.say(words) }

    // What is seen

    var screen: ShownScreen? {
        get async {
            var screens = await kiosk.screens().makeAsyncIterator()
            return await screens.next()
        }
    }

    func see(_ name: Screen.Name, yuan: Int64? = nil, within limit: Duration = .seconds(10))
        async throws
    {
        let amount = yuan.map { " with \($0) yuan" } ?? ""
        try await until("the screen \(name.rawValue)\(amount)", within: limit) {
            guard let shown = await self.screen?.screen, shown.name == name else { return false }
            return yuan == nil || shown.amount == .yuan(yuan ?? 0)
        }
    }

    /// Waits for an entry of that kind that is not there yet, in small steps: for cuts at a certain moment.
    func waitFor(entry name: String, count: Int = 1) async throws {
        try await until("\(count) \(name)", within: .seconds(90), step: .milliseconds(5)) {
            try await self.entries(name).count >= count
        }
    }

    /// Waits until so much lies in the cassette.
    func waitFor(cassette yuan: Int64) async throws {
        try await until("\(yuan) yuan in the cassette", step: .milliseconds(5)) {
            await self.line.truth().cassetteFen == yuan * 100
        }
    }

    /// Waits until so much has been given back.
    func waitFor(returned yuan: Int64) async throws {
        try await until("\(yuan) yuan given back", within: .seconds(60)) {
            await self.line.truth().returnedFen == yuan * 100
        }
    }

    /// The journal's entries of one kind, as text.
    func entries(_ name: String) async throws -> [String] {
        while case let more = try await kiosk.journal(after: position, limit: 1000),
            let last = more.last
        {
            (texts, position) = (texts + more.map(\.text), last.position)
        }
        return texts.filter { $0 == name || $0.hasPrefix(name + " ") }
    }

    var alarms: [String] { get async { await kiosk.alarms().map(\.code).sorted() } }

    func account(_ name: String) async -> Int64 { await kiosk.ledger().accounts[name] ?? 0 }

    /// Why cash is not taken now.
    var cashHindrances: [String] {
        get async { await kiosk.status().services["topUp"] ?? [] }
    }

    var receipts: [String] {
        get async {
            await printer.printed.map { ReceiptDecoder.decode($0).texts.joined(separator: "\n") }
                .filter { !$0.isEmpty }
        }
    }

    /// - Throws: when it does not become true in that time, with what is on the screen instead.
    func until(
        _ what: String, within limit: Duration = .seconds(10),
        step: Duration = .milliseconds(50), _ holds: () async throws -> Bool
    ) async throws {
        let end = time.nowNs + limit.components.seconds * 1_000_000_000
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

    struct Disappointment: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
