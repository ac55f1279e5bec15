internal import VirtualWorld

/// What goes wrong around the kiosk, one mishap after the other and some at once; each ends by itself.
struct Mishaps {
    let world: World
    private var dice: SplitMix64
    /// Mean pause between two mishaps.
    private let calm: Int

    init(world: World, dice: SplitMix64) {
        (self.world, self.dice) = (world, dice)
        // Some days are quiet, some are not.
        calm = [30_000, 240_000, 900_000][self.dice.below(3)]
    }

    /// Until cancelled.
    mutating func happen() async {
        await withDiscardingTaskGroup { group in
            while (try? await world.time.sleep(for: .milliseconds(dice.below(2 * calm)))) != nil {
                // At night hardly anybody is there to break something.
                if world.isNight, dice.happens(0.98) { continue }
                let mishap = next()
                let world = world
                group.addTask { await mishap.happen(in: world) }
            }
            group.cancelAll()
        }
    }

    private mutating func next() -> Mishap {
        let lasts = Duration.milliseconds(200 + dice.below(dice.happens(0.1) ? 600_000 : 60_000))
        let kind = dice.below(100)
        switch kind {
        case ..<30: return Mishap(.unit(unitFault()), lasts: lasts)
        case ..<36:
            return Mishap(
                .unitAlone(["power cut", "unplug", "cassette remove"][dice.below(3)]), lasts: lasts)
        case ..<50: return Mishap(.weather(weather()), lasts: lasts)
        case ..<56: return Mishap(.networkDown, lasts: lasts)
        case ..<66:
            return Mishap(.bank(VirtualBilling.Mode.allCases[1 + dice.below(4)]), lasts: lasts)
        case ..<72:
            return Mishap(.printer(VirtualPrinter.Condition.allCases[dice.below(8)]), lasts: lasts)
        case ..<76:
            return Mishap(.diskCut(victim(), step: 1 + dice.below(80), way()), lasts: lasts / 4)
        case ..<78: return Mishap(.diskFull(victim()), lasts: lasts)
        case ..<80:
            return Mishap(
                .diskFails(victim(), nth: 1 + dice.below(20), sync: dice.happens(0.5)), lasts: lasts
            )
        case ..<88:
            return Mishap(
                .cut(.kiosk, after: dice.below(60), again: again(), way()), lasts: lasts / 4)
        case ..<91:
            return Mishap(
                .cut(.process, after: dice.below(60), again: again(), .killed), lasts: .seconds(2))
        case ..<97:
            return Mishap(.cut(.office, after: dice.below(30), again: again(), way()), lasts: lasts)
        default:
            return Mishap(.clock(.seconds((dice.below(2) * 2 - 1) * 315_576_000)), lasts: lasts)
        }
    }

    private mutating func way() -> VirtualDisk.Cut {
        VirtualDisk.Cut.allCases[dice.below(VirtualDisk.Cut.allCases.count)]
    }

    private mutating func victim() -> World.Victim { dice.happens(0.6) ? .kiosk : .office }

    /// One power cut in three is followed by another in the recovery.
    private mutating func again() -> Int? { dice.happens(0.33) ? 1 + dice.below(25) : nil }

    private mutating func unitFault() -> String {
        let lineFaults = [
            "lost-reply", "lost-ack", "late-reply", "corrupt", "half-frame", "duplicate", "noise",
        ]
        if dice.happens(0.5) {
            let at = dice.happens(0.5) ? " at \(["80", "81", "82", "17", "14"][dice.below(5)])" : ""
            return "\(lineFaults[dice.below(lineFaults.count)]) \(1 + dice.below(6))\(at)"
        }
        return [
            "jam-validator", "jam-validator next", "jam-stacker", "jam-stacker now", "failure",
            "failure 54 next", "cassette-out", "cassette-full", "pause", "pause next", "cheat",
            "cheat now", "reject", "reject 6D", "strange-note", "unknown-status", "silence", "echo",
        ][dice.below(18)]
    }

    private mutating func weather() -> Network.Weather {
        if dice.happens(0.3) { return .storm }
        var weather = Network.Weather()
        weather.loss = dice.happens(0.5) ? 0.1 : 0
        weather.answerLoss = dice.happens(0.5) ? 0.2 : 0
        weather.duplicate = dice.happens(0.5) ? 0.2 : 0
        weather.replay = dice.happens(0.3) ? 0.3 : 0
        weather.slowest = .milliseconds(50 + dice.below(3000))
        return weather
    }
}

/// One thing that goes wrong, and for how long.
struct Mishap {
    enum Kind {
        case unit(String)
        case unitAlone(String)
        case weather(Network.Weather)
        case networkDown
        case bank(VirtualBilling.Mode)
        case printer(VirtualPrinter.Condition)
        case cut(World.Victim, after: Int, again: Int?, VirtualDisk.Cut)
        /// In the middle of the disk's work.
        case diskCut(World.Victim, step: Int, VirtualDisk.Cut)
        case diskFull(World.Victim)
        case diskFails(World.Victim, nth: Int, sync: Bool)
        case clock(Duration)
    }

    let kind: Kind
    let lasts: Duration

    init(_ kind: Kind, lasts: Duration) { (self.kind, self.lasts) = (kind, lasts) }

    func happen(in world: World) async {
        begin(in: world)
        if case .printer(let condition) = kind {
            _ = try? await world.printer.say("fault \(condition.rawValue)")
        }
        // Cancelled: help comes and ends it.
        guard (try? await world.time.sleep(for: lasts)) != nil else { return }
        end(in: world)
        if case .printer(let condition) = kind {
            _ = try? await world.printer.say("clear \(condition.rawValue)")
        }
    }

    private func begin(in world: World) {
        switch kind {
        case .unit(let words):
            world.deviceFaults += 1
            say("fault \(words)", to: world)
        case .unitAlone(let words):
            world.deviceFaults += 1
            say(words, to: world)
        case .printer: world.deviceFaults += 1
        case .weather(let weather): world.network.weather = weather
        case .networkDown:
            world.networkCuts += 1
            world.network.goDown()
        case .bank(let mode): world.bank.become(mode)
        case .cut(let victim, let after, let again, let way):
            let at = world.stage.moments + 1 + after
            world.plan(World.Cut(at: at, victim, downFor: lasts, way))
            if let again { world.plan(World.Cut(at: at + again, victim, downFor: lasts, way)) }
        case .diskCut(let victim, let step, let way):
            world.planOnDisk(World.Cut(at: 0, victim, downFor: lasts, way), step: step)
        case .diskFull(let victim):
            world.deviceFaults += 1
            world.stage.tell("disk", "\(victim): full")
            disk(of: victim, in: world)?.limit(bytes: 1)
        case .diskFails(let victim, let nth, let sync):
            world.deviceFaults += 1
            world.stage.tell("disk", "\(victim): \(sync ? "sync" : "write") \(nth) will fail")
            let disk = disk(of: victim, in: world)
            if sync { disk?.failSync(nth) } else { disk?.failWrite(nth, .writeError) }
        case .clock(let jump):
            world.stage.tell("clock", "jumps \(jump)")
            world.time.wallOffset = jump
        }
    }

    private func end(in world: World) {
        switch kind {
        case .unit(let words): say("clear \(words.prefix { $0 != " " })", to: world)
        case .unitAlone("power cut"): if world.life != nil { say("power restore", to: world) }
        case .unitAlone("unplug"): say("plug", to: world)
        case .unitAlone: say("cassette insert", to: world)
        case .printer, .cut, .diskCut, .diskFails: break
        case .diskFull(let victim): disk(of: victim, in: world)?.limit(bytes: nil)
        case .weather: world.network.weather = .calm
        case .networkDown: world.network.comeBack()
        case .bank: world.bank.become(.normal)
        case .clock: world.time.wallOffset = .zero
        }
    }

    private func disk(of victim: World.Victim, in world: World) -> VirtualDisk? {
        victim == .office ? world.house.disk.virtual : world.disk.virtual
    }

    private func say(_ words: String, to world: World) {
        do { try world.acceptor.say(words) } catch {
            world.stage.report(Violation("the world speaks the unit's words", "\(error)"))
        }
    }
}
