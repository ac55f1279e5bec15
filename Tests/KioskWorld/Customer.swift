internal import KioskFlows
internal import KioskModel
internal import KioskRuntime
internal import VirtualWorld

/// One person before the kiosk, who does what people do: reads, hesitates, mistypes, holds two notes to the slot at once,
/// changes their mind, walks away.
struct Customer {
    let world: World
    private var dice: SplitMix64
    private let number: String
    private let notes: [Int]
    /// Leaves when so many looks at the screen have come to nothing.
    private var looksLeft = 60
    private var started = false
    private var offered = 0

    /// What becomes of one look at the screen.
    private enum Next { case stay, leave }

    private static let numbers = [
        "13800138000", "13900139000", "13700137000", "15059412345", "18600001111", "19900001234",
    ]

    init(world: World, dice: SplitMix64) {
        (self.world, self.dice) = (world, dice)
        number = Customer.numbers[self.dice.below(Customer.numbers.count)]
        // Mostly one to three notes, now and then a handful, a coin's worth or far too many.
        let count = self.dice.happens(0.1) ? 4 + self.dice.below(6) : 1 + self.dice.below(3)
        var hand: [Int] = []
        for _ in 0..<count {
            let face =
                self.dice.happens(0.05)
                ? [1, 5][self.dice.below(2)] : [10, 20, 50, 100][self.dice.below(4)]
            hand.append(face)
        }
        notes = hand
    }

    mutating func visit() async throws {
        while looksLeft > 0 {
            looksLeft -= 1
            try await think()
            guard let shown = world.shown else { continue }
            try world.expectDurable(shown.screen)
            guard await look(at: shown) == .stay else { break }
        }
        if !world.truth.atSlot.isEmpty { try world.acceptor.say("notes back") }
    }

    /// Half a second to some seconds; now and then much longer.
    private mutating func think() async throws {
        let ms = dice.happens(0.03) ? 20_000 + dice.below(80_000) : 400 + dice.below(2600)
        try await world.advance(.milliseconds(ms))
    }

    private mutating func look(at shown: ShownScreen) async -> Next {
        let screen = shown.screen
        func touch(_ choice: String) async { await submit(.choice(choice), on: shown) }
        switch screen.name {
        case .attract:
            if started { return .leave }
            started = true
            await touch("start")
        case .language: await touch(dice.happens(0.5) ? "en" : "zh-Hans")
        case .service: return await chooseService(shown)
        case .number: await type(dice.happens(0.1) ? mistyped : number, on: shown)
        case .confirmNumber: await touch(dice.happens(0.05) ? "change" : "confirm")
        case .account:
            if dice.happens(0.03) {
                await touch("quit")
            } else {
                await touchFirst(["continue", "change"], on: shown)
            }
        case .insertNotes: return await insert(shown)
        case .needMoreTime:
            if dice.happens(0.3) { return .leave }
            await touch(dice.happens(0.8) ? "more" : "end")
        case .finishing: break
        case .outcome: await touch(dice.happens(0.15) ? "copy" : "done")
        case .rating: await touch(["1", "3", "5", "skip"][dice.below(4)])
        case .goodbye:
            await touch("done")
            return dice.happens(0.7) ? .leave : .stay
        case .claimSlip: await type(dice.happens(0.5) ? "123456000425" : "00", on: shown)
        case .claimNumber: await type(number, on: shown)
        case .claimAnswer: await touch("done")
        case .outOfService: if dice.happens(0.2) { return .leave }
        }
        return .stay
    }

    private mutating func chooseService(_ shown: ShownScreen) async -> Next {
        if dice.happens(0.04) {
            await submit(.choice("claim"), on: shown)
            return .stay
        }
        guard Customer.offers(shown.screen, "topUp") else {
            return dice.happens(0.3) ? .leave : .stay
        }
        await submit(.choice("topUp"), on: shown)
        return .stay
    }

    private mutating func insert(_ shown: ShownScreen) async -> Next {
        if dice.happens(0.04) { return .leave }
        if offered < notes.count, !shown.screen.denominations.isEmpty || dice.happens(0.1) {
            let together = dice.happens(0.15) ? min(2, notes.count - offered) : 1
            let hand = notes[offered..<offered + together]
            offered += together
            try? await world.offer(Array(hand))
            return .stay
        }
        // Waits a little for notes that are moving.
        guard dice.happens(0.4) else { return .stay }
        if !world.truth.atSlot.isEmpty, dice.happens(0.5) {
            _ = try? world.acceptor.say("notes back")
        }
        await touchFirst(dice.happens(0.2) ? ["quit", "finish"] : ["finish", "quit"], on: shown)
        return .stay
    }

    private var mistyped: String { number.dropLast() + "x" }

    private func type(_ digits: String, on shown: ShownScreen) async {
        guard let field = shown.screen.keypad?.field else { return }
        await submit(.fields([field: digits]), on: shown)
    }

    private func touchFirst(_ choices: [String], on shown: ShownScreen) async {
        guard let choice = choices.first(where: { Customer.offers(shown.screen, $0) }) else {
            return
        }
        await submit(.choice(choice), on: shown)
    }

    private static func offers(_ screen: Screen, _ choice: String) -> Bool {
        screen.choices.contains { $0.id == choice && $0.unavailable == nil }
    }

    /// Whatever the answer is: people touch what is no longer there.
    private func submit(_ input: Input, on shown: ShownScreen) async {
        guard let life = world.life else { return }
        let verdict = await life.kiosk.submit(input, on: shown.id)
        let what = if case .choice(let id) = input { id } else { "types" }
        world.stage.tell("customer", "\(shown.screen.name.rawValue): \(what), \(verdict)")
    }
}

extension World {
    /// I3: what the screen says is in has been made durable before.
    func expectDurable(_ screen: Screen) throws {
        guard screen.name == .insertNotes, let amount = screen.amount, life != nil else { return }
        try read()
        let durable = tail.ledger.openSession?.credited.reduce(.zero, +) ?? .zero
        guard amount > durable else { return }
        stage.report(.shownIsDurable, "shown \(amount), in the journal \(durable)")
    }
}
