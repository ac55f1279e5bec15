import KioskModel

@testable import KioskFlows

/// Seeded dice. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 1.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// People, units, offices and clocks that do anything at any time, the likely more often than the unlikely.
struct RandomVisits {
    var dice: Dice
    var walk = Walk(Walk.settings(minimum: .yuan(20), maximum: .yuan(200)))
    /// Every text that was on a screen.
    private(set) var messages: Set<Screen.Message> = []
    private(set) var names: Set<Screen.Name> = []
    private var commands: Int64 = 0

    init(seed: UInt64) { dice = Dice(state: seed) }

    mutating func step() {
        switch dice.below(300) {
        case 0: walk.restart(services: dice.below(3) == 0 ? nil : .all)
        case 1..<150: touch()
        case 150..<240: if isNoteLikely { walk.acceptor(likelyReport()) }
        case 240..<246: walk.acceptor(anyReport())
        case 246..<280: answer()
        case 280..<284: walk.tell(.services(dice.below(4) > 0 ? .all : services()))
        case 284..<292: fire()
        default: walk.tell(.customer(.choice(dice.pick(ChoiceName.allCases).rawValue)))
        }
        look(walk.screen)
        look(walk.visit.outOfService)
    }

    private mutating func look(_ screen: Screen) {
        names.insert(screen.name)
        messages.insert(screen.title)
        messages.formUnion(screen.body)
        messages.formUnion(screen.facts.map(\.label))
        messages.formUnion(screen.choices.map(\.label))
        messages.formUnion(screen.choices.compactMap(\.unavailable))
        if let complaint = screen.keypad?.complaint { messages.insert(complaint) }
    }

    /// The customer takes one of the buttons, or types.
    private mutating func touch() {
        if let keypad = walk.screen.keypad, dice.below(40) > 0 {
            walk.type(keypad.field, text(for: keypad.field))
        } else if let id = button() {
            walk.choose(id)
        }
    }

    /// Mostly the button that leads on; seldom the way out.
    private mutating func button() -> String? {
        let offered = walk.screen.choices.filter { $0.unavailable == nil }
        // People wait a while for an answer.
        let isAnswered = offered.contains { $0.weight == .primary }
        if walk.screen.name == .account, !isAnswered, dice.below(8) > 0 { return nil }
        if dice.below(4) > 0, let primary = offered.first(where: { $0.weight == .primary }) {
            return dice.below(3) > 0 || primary.id != "finish" ? primary.id : nil
        }
        return offered.filter { $0.weight != .quiet || dice.below(12) == 0 }
            .randomElement(using: &dice)?.id
    }

    private mutating func text(for field: String) -> String {
        let wrong = ["", "1", "12800138000", "138001380001", "x"]
        if dice.below(8) == 0 { return dice.pick(wrong) }
        guard field == "slip" else { return dice.pick(["13800138000", "13900139000"]) }
        return SlipNumber(epoch: Epoch(bits: 0x42), session: SessionID(1)).digits
    }

    private var isNoteLikely: Bool {
        walk.ledger.openNote != nil || [.insertNotes, .finishing].contains(walk.screen.name)
    }

    private mutating func likelyReport() -> AcceptorEvent {
        if let note = walk.ledger.openNote {
            if dice.below(12) == 0 { return .escrowed(note.value) }
            switch note.intent {
            case .stack: return dice.below(12) == 0 ? .returned : .stacked(note.value)
            case .giveBack, .none: return .returned
            }
        }
        return dice.pick([
            .accepting, .ready(true), .escrowed(dice.pick(Walk.notes)),
            .escrowed(dice.pick(Walk.notes)),
        ])
    }

    private mutating func anyReport() -> AcceptorEvent {
        let value = dice.pick(Walk.notes + [.zero, .yuan(5), .yuan(1_000_000), .yuan(-1)])
        let identity = DeviceIdentity(model: "SM", serial: "1", firmware: "1")
        return dice.pick([
            .connected(dice.pick(NotePosition.allCases)), .accepting, .escrowed(value),
            .stacked(value), .stacked(walk.ledger.lastKept?.value ?? value), .returned,
            .refused(dice.pick(RefusalReason.allCases)), .conditions([.cheated]),
            .conditions([]), .conditions([.paused]), .ready(true), .ready(false), .lost(.gone),
            .identified(identity, accepts: Walk.notes),
        ])
    }

    private mutating func answer() {
        let name = dice.pick(["张*明", "李*"])
        let balance = Money.yuan(Int64(dice.below(200) - 100))
        let state = dice.pick(OrderState.allCases)
        switch dice.below(walk.screen.name == .account ? 2 : 5) {
        case 0, 1:
            walk.tell(
                .account(
                    dice.pick([
                        .found(name: name, balance: balance), .found(name: name, balance: balance),
                        .unavailable, .notFound,
                    ])))
        case 2:
            walk.tell(
                .claim(
                    dice.pick([
                        .found(amount: .yuan(70), state: state, at: walk.now), .notFound,
                        .unavailable,
                    ])))
        case 3:
            guard let order = walk.ledger.orders.suffix(3).randomElement(using: &dice) else {
                return
            }
            commands += 1
            walk.tell(.orderSettled(order.order, state, command: commands))
        default:
            guard let receipt = walk.printed.suffix(3).randomElement(using: &dice) else { return }
            let result = dice.pick(ReceiptResult.allCases)
            walk.tell(.receiptEnded(receipt.order, copy: receipt.copy, result))
        }
    }

    private mutating func services() -> Services {
        let all = Services.Hindrance.allCases
        return Services(
            cash: dice.below(2) == 0 ? [dice.pick(Array(all.prefix(5)))] : [],
            receipts: dice.below(2) == 0 ? [dice.pick(Array(all.suffix(2)))] : [],
            officeReachable: dice.below(2) == 0)
    }

    private mutating func fire() {
        let running = walk.timers.keys.sorted { $0.rawValue < $1.rawValue }
        let timer = running.randomElement(using: &dice) ?? dice.pick(Timer.allCases)
        walk.tell(.timerFired(timer))
    }
}
