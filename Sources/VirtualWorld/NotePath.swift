internal import KioskModel

/// The mechanics of a virtual validator: slot, path, escrow, stacker and cassette, without any protocol.
///
/// A plain value moved on by `advance`; times are nanoseconds of the caller's clock. Every note that was offered is in
/// exactly one place of `truth`.
struct NotePath: Sendable {
    enum State: Sendable, Hashable {
        /// Has power, waits for a reset.
        case poweredUp
        case initializing(untilNs: Int64)
        /// At rest: waits for a note, or takes none when no type is enabled.
        case resting(sinceNs: Int64)
        case accepting(untilNs: Int64)
        case escrow(untilNs: Int64, held: Bool)
        case stacking(sinceNs: Int64)
        /// Until the host has acknowledged it.
        case stacked(type: UInt8)
        case returning(untilNs: Int64)
        /// Until the host has acknowledged it.
        case returned(type: UInt8)
        case rejecting(reason: UInt8, untilNs: Int64)
        case paused(untilNs: Int64)
        case cheated(untilNs: Int64)
        case jammedInValidator, jammedInStacker, failed(code: UInt8)
        case cassetteOut, cassetteFull
    }

    /// What keeps the unit from working until a person clears it.
    enum Obstacle: Sendable, Hashable {
        case jamInValidator, jamInStacker, failure(code: UInt8)
    }

    /// What will happen to the next note.
    struct Trap: Sendable, Hashable {
        var jamInValidator = false
        var jamInStacker = false
        var fished = false
        var doubleFed = false
        var strange = false
        var failure: UInt8?
        var rejected: UInt8?
    }

    /// What becomes of a held note that nobody decides about; protocols differ in it.
    struct EscrowHabits: Sendable, Hashable {
        /// Past its limit the note is refused with this reason; nil: it is given back.
        var lateReason: UInt8?
        /// Unheard of the host for so long, the note is given back before its limit; nil: it waits for the limit.
        var silenceMax: Duration?
    }

    struct Waiting: Sendable, Hashable {
        let fen: Int64
        let sinceNs: Int64
    }

    /// A type beyond the note table. Source: CCNET v2.6.0, types are 0 to 23.
    static let strangeType: UInt8 = 23
    /// Notes held at the slot at one time.
    static let waitingMax = 200
    /// States remembered at one time; older ones are forgotten.
    static let passedMax = 64

    var timing: ValidatorTiming
    private(set) var truth: ValidatorTruth
    private(set) var state: State {
        didSet { if remembersStates, state != oldValue { remember() } }
    }
    /// For protocols that tell what happened since they were last asked, and not only what is now.
    var remembersStates = false
    private var passed: [State] = []
    /// A unit that needs no reset: it starts when it gets power, and stops at *returned* when it then gives a note out.
    var startsAlone = false
    /// Draws no note in after that: some units fall asleep when their host does.
    var takesUntilNs = Int64.max
    private(set) var powered = true
    /// No answers before that: the unit boots.
    private(set) var awakeNs: Int64
    private(set) var waiting: [Waiting]
    /// The type by which the note in the path is known.
    private(set) var typeInPath: UInt8
    var enabled: UInt32 = 0
    var escrowed: UInt32 = 0
    var escrowLimit: Duration
    var escrowHabits = EscrowHabits()
    /// When the host was last heard.
    private var heardNs: Int64 = 0
    /// How often the unit started anew: what it was told before that is forgotten.
    private(set) var starts = 0
    var obstacle: Obstacle?
    var trap = Trap()
    /// Notes until the cassette reports full.
    var capacity = 1000
    var saysFull = false
    /// The next initialization keeps a note that lies in the validator, and the unit with it, until a person clears it.
    var holdsAtPowerUp = false
    /// It keeps such a note: to a protocol without a word for it, a jam in the validator.
    private(set) var isHolding = false

    init(truth: ValidatorTruth, timing: ValidatorTiming, atNs nowNs: Int64) {
        (self.truth, self.timing) = (truth, timing)
        state = .poweredUp
        awakeNs = nowNs + timing.boot.nanoseconds
        waiting = truth.atSlot.map { Waiting(fen: $0, sinceNs: nowNs) }
        typeInPath = truth.inPath.first.flatMap(NoteTypes.type(of:)) ?? NotePath.strangeType
        escrowLimit = timing.escrow
    }

    func isAwake(at nowNs: Int64) -> Bool { powered && nowNs >= awakeNs }

    /// The states that were entered since the last call, in order.
    mutating func takePassed() -> [State] {
        defer { passed = [] }
        return passed
    }

    private mutating func remember() {
        if passed.count == NotePath.passedMax { passed.removeFirst() }
        passed.append(state)
    }

    private var isFull: Bool { saysFull || truth.cassette.values.reduce(0, +) >= capacity }

    // MARK: What people do

    mutating func offer(_ notes: [Money], at nowNs: Int64) -> Bool {
        guard waiting.count + notes.count <= NotePath.waitingMax else { return false }
        waiting += notes.map { Waiting(fen: $0.fen, sinceNs: nowNs) }
        truth.atSlot = waiting.map(\.fen)
        return true
    }

    mutating func takeBack() {
        waiting = []
        truth.atSlot = []
    }

    mutating func cutPower() {
        powered = false
        enabled = 0
        escrowed = 0
    }

    mutating func restorePower(at nowNs: Int64) {
        powered = true
        awakeNs = nowNs + timing.boot.nanoseconds
        escrowLimit = timing.escrow
        state = .poweredUp
    }

    mutating func removeCassette(at nowNs: Int64) {
        truth.cassettePresent = false
        stop(at: nowNs)
    }

    mutating func insertCassette(at nowNs: Int64) {
        truth.cassettePresent = true
        if powered, state == .cassetteOut { initialize(at: nowNs) }
    }

    mutating func obstruct(_ obstacle: Obstacle, at nowNs: Int64) {
        self.obstacle = obstacle
        stop(at: nowNs)
    }

    /// What was in the way is gone: the unit notices and starts anew.
    mutating func clearObstacle(at nowNs: Int64) {
        (obstacle, isHolding) = (nil, false)
        guard powered else { return }
        switch state {
        case .jammedInValidator, .jammedInStacker, .failed: initialize(at: nowNs)
        default: break
        }
    }

    /// The cassette has room again.
    mutating func noticeRoom(at nowNs: Int64) {
        if powered, state == .cassetteFull, !isFull { initialize(at: nowNs) }
    }

    /// A second note behind the first.
    mutating func feedSecond(at nowNs: Int64) {
        switch state {
        case .accepting, .escrow, .resting:
            state = .paused(untilNs: nowNs + timing.pauseMax.nanoseconds)
        default: trap.doubleFed = true
        }
    }

    /// The second note was pulled out: the first goes on.
    mutating func pullSecond(at nowNs: Int64) {
        trap.doubleFed = false
        guard case .paused = state else { return }
        state =
            truth.inPath.isEmpty
            ? .resting(sinceNs: nowNs)
            : .accepting(untilNs: nowNs + timing.accept.nanoseconds)
    }

    mutating func endCheating(at nowNs: Int64) {
        trap.fished = false
        if case .cheated = state { rest(at: nowNs) }
    }

    /// The customer pulls the moving note out again.
    mutating func cheat(at nowNs: Int64) {
        switch state {
        case .resting, .accepting, .escrow, .stacking, .returning, .rejecting, .paused, .cheated:
            state = .cheated(untilNs: nowNs + timing.cheated.nanoseconds)
            giveOut()
        case .poweredUp, .initializing, .stacked, .returned, .jammedInValidator, .jammedInStacker,
            .failed, .cassetteOut, .cassetteFull:
            trap.fished = true
        }
    }

    // MARK: What the host commands

    /// All starts anew, as with the power. A note that is held may then be moved.
    mutating func restart(at nowNs: Int64) {
        if isHolding { (obstacle, isHolding) = (nil, false) }
        cutPower()
        restorePower(at: nowNs)
        awakeNs = nowNs + timing.restart.nanoseconds
    }

    mutating func initialize(at nowNs: Int64) {
        starts += 1
        enabled = 0
        escrowed = 0
        state = .initializing(untilNs: nowNs + timing.initialize.nanoseconds)
    }

    /// The host is there.
    mutating func hear(at nowNs: Int64) { heardNs = nowNs }

    /// False when no note is held.
    mutating func stack(at nowNs: Int64) -> Bool {
        guard case .escrow = state else { return false }
        state = .stacking(sinceNs: nowNs)
        return true
    }

    mutating func giveBack(at nowNs: Int64) -> Bool {
        guard case .escrow = state else { return false }
        state = .returning(untilNs: nowNs + timing.giveBack.nanoseconds)
        return true
    }

    mutating func hold(at nowNs: Int64) -> Bool {
        guard case .escrow = state else { return false }
        state = .escrow(untilNs: nowNs + escrowLimit.nanoseconds, held: true)
        return true
    }

    /// The host knows: the unit may forget.
    mutating func acknowledge(at nowNs: Int64) {
        switch state {
        case .stacked, .returned: rest(at: nowNs)
        default: break
        }
    }

    // MARK: What happens by itself

    /// When something will happen next without anybody's doing; nil: nothing.
    var nextChangeNs: Int64? {
        guard powered else { return nil }
        switch state {
        case .initializing(let untilNs), .accepting(let untilNs), .returning(let untilNs),
            .rejecting(_, let untilNs), .paused(let untilNs), .cheated(let untilNs):
            return untilNs
        case .escrow(let untilNs, _):
            guard let silence = escrowHabits.silenceMax else { return untilNs }
            return min(untilNs, heardNs + silence.nanoseconds)
        case .stacking(let sinceNs):
            let way = truth.place == .stacker ? timing.stack : timing.stackerReached
            return sinceNs + way.nanoseconds
        case .resting(let sinceNs):
            if isFull { return sinceNs }
            guard enabled != 0, let first = waiting.first else { return nil }
            let atNs = max(sinceNs, first.sinceNs) + timing.drawIn.nanoseconds
            return atNs <= takesUntilNs ? atNs : nil
        case .poweredUp: return startsAlone ? awakeNs : nil
        case .stacked, .returned, .jammedInValidator, .jammedInStacker, .failed, .cassetteOut,
            .cassetteFull:
            return nil
        }
    }

    mutating func advance(to nowNs: Int64) {
        while let atNs = nextChangeNs, atNs <= nowNs { change(at: atNs) }
    }

    private mutating func change(at nowNs: Int64) {
        switch state {
        case .initializing: settle(at: nowNs)
        case .resting:
            guard !isFull else { return state = .cassetteFull }
            drawIn(at: nowNs)
        case .accepting: judge(at: nowNs)
        case .escrow(let untilNs, _):
            if nowNs >= untilNs, let reason = escrowHabits.lateReason {
                return reject(reason, at: nowNs)
            }
            state = .returning(untilNs: nowNs + timing.giveBack.nanoseconds)
        case .stacking(let sinceNs): moveOn(at: nowNs, since: sinceNs)
        case .returning:
            giveOut()
            state = .returned(type: typeInPath)
        case .rejecting:
            giveOut()
            rest(at: nowNs)
        case .paused:
            guard !truth.inPath.isEmpty else { return rest(at: nowNs) }
            reject(NotePath.inserted, at: nowNs)
        case .cheated: rest(at: nowNs)
        case .poweredUp: initialize(at: nowNs)
        case .stacked, .returned, .jammedInValidator, .jammedInStacker, .failed, .cassetteOut,
            .cassetteFull:
            break
        }
    }

    private mutating func drawIn(at nowNs: Int64) {
        let note = waiting.removeFirst()
        truth.atSlot.removeFirst()
        truth.inPath = [note.fen]
        truth.place = .validator
        typeInPath = NoteTypes.type(of: note.fen) ?? NotePath.strangeType
        state = .accepting(untilNs: nowNs + timing.accept.nanoseconds)
    }

    // Source: CCNET v2.6.0, reject reasons.
    private static let inserted: UInt8 = 0x60
    private static let unidentified: UInt8 = 0x65
    private static let inhibited: UInt8 = 0x68

    /// The sensors have seen the whole note.
    private mutating func judge(at nowNs: Int64) {
        if trap.jamInValidator {
            trap.jamInValidator = false
            return obstruct(.jamInValidator, at: nowNs)
        }
        if let code = trap.failure {
            trap.failure = nil
            return obstruct(.failure(code: code), at: nowNs)
        }
        if trap.doubleFed {
            trap.doubleFed = false
            state = .paused(untilNs: nowNs + timing.pauseMax.nanoseconds)
            return
        }
        if let reason = trap.rejected {
            trap.rejected = nil
            return reject(reason, at: nowNs)
        }
        let known = truth.inPath.first.flatMap(NoteTypes.type(of:)) != nil
        if trap.strange {
            trap.strange = false
            typeInPath = NotePath.strangeType
        } else if !known {
            return reject(NotePath.unidentified, at: nowNs)
        } else if enabled & (1 << UInt32(typeInPath)) == 0 {
            return reject(NotePath.inhibited, at: nowNs)
        }
        // Silence counts from here: before, there was nothing to be told of.
        heardNs = max(heardNs, nowNs)
        let holds = typeInPath == NotePath.strangeType || escrowed & (1 << UInt32(typeInPath)) != 0
        state =
            holds
            ? .escrow(untilNs: nowNs + escrowLimit.nanoseconds, held: false)
            : .stacking(sinceNs: nowNs)
    }

    private mutating func reject(_ reason: UInt8, at nowNs: Int64) {
        state = .rejecting(reason: reason, untilNs: nowNs + timing.reject.nanoseconds)
    }

    /// Stacking: first past the validator, then into the cassette.
    private mutating func moveOn(at nowNs: Int64, since sinceNs: Int64) {
        guard truth.place == .stacker else {
            if trap.fished {
                trap.fished = false
                return cheat(at: nowNs)
            }
            truth.place = .stacker
            if trap.jamInStacker {
                trap.jamInStacker = false
                obstruct(.jamInStacker, at: nowNs)
            }
            return
        }
        dropIntoCassette()
        state = .stacked(type: typeInPath)
    }

    /// The end of initialization: what lay in the path goes where it can only go.
    private mutating func settle(at nowNs: Int64) {
        defer { holdsAtPowerUp = false }
        guard obstacle == nil, truth.cassettePresent else { return rest(at: nowNs) }
        switch truth.place {
        case .validator where holdsAtPowerUp: (obstacle, isHolding) = (.jamInValidator, true)
        case .validator:
            giveOut()
            if startsAlone {
                state = .returned(type: typeInPath)
                return
            }
        case .stacker:
            dropIntoCassette()
            // Credit recovery. Source: CCNET v2.6.0, power-up with a note in the stacker.
            state = .stacked(type: typeInPath)
            return
        case nil: break
        }
        rest(at: nowNs)
    }

    /// The state in which the unit stays until somebody does something.
    private mutating func rest(at nowNs: Int64) {
        if !truth.cassettePresent {
            state = .cassetteOut
        } else {
            switch obstacle {
            case .jamInValidator: state = .jammedInValidator
            case .jamInStacker: state = .jammedInStacker
            case .failure(let code): state = .failed(code: code)
            case nil: state = .resting(sinceNs: nowNs)
            }
        }
    }

    /// Something is in the way now. A unit that waits for a reset or an acknowledgement says so later.
    private mutating func stop(at nowNs: Int64) {
        switch state {
        case .poweredUp, .initializing, .stacked, .returned: break
        case .resting, .accepting, .escrow, .stacking, .returning, .rejecting, .paused, .cheated,
            .jammedInValidator, .jammedInStacker, .failed, .cassetteOut, .cassetteFull:
            if powered { rest(at: nowNs) }
        }
    }

    private mutating func giveOut() {
        for fen in truth.inPath { truth.returned[fen, default: 0] += 1 }
        truth.inPath = []
        truth.place = nil
    }

    private mutating func dropIntoCassette() {
        for fen in truth.inPath { truth.cassette[fen, default: 0] += 1 }
        truth.inPath = []
        truth.place = nil
    }
}
