internal import KioskFlows
internal import KioskModel
internal import KioskRuntime
internal import VirtualWorld

/// A stretch of one kiosk's life from a seed: customers come and go, things go wrong, help comes, and every sentence is
/// checked. The same seed and index give the same run, byte for byte.
public struct Episode: Sendable {
    public let seed: UInt64
    public let index: Int

    public init(seed: UInt64, index: Int) { (self.seed, self.index) = (seed, index) }

    /// What one episode adds to the totals.
    public struct Count: Sendable, Hashable, Codable {
        public var sessions = 0
        public var powerCuts = 0
        public var networkFaults = 0
        public var deviceFaults = 0
        public var fenLost: Int64 = 0
        public var fenInvented: Int64 = 0
        public var doubtful: Int64 = 0
        public var virtualSeconds: Int64 = 0
        public var steps = 0
        public init() {}

        public static func += (left: inout Count, right: Count) {
            left.sessions += right.sessions
            left.powerCuts += right.powerCuts
            left.networkFaults += right.networkFaults
            left.deviceFaults += right.deviceFaults
            left.fenLost += right.fenLost
            left.fenInvented += right.fenInvented
            left.doubtful += right.doubtful
            left.virtualSeconds += right.virtualSeconds
            left.steps += right.steps
        }
    }

    /// How it went, and what contradicts it.
    public struct Outcome: Sendable {
        public var count: Count
        public var violation: String?
        public var digest: UInt64
        public var trace: [String]
    }

    public func run(keepsTrace: Bool = false, onLine: ((String) -> Void)? = nil) throws
        -> Outcome
    {
        var settings = World.Settings()
        settings.patience = .seconds(120)
        settings.limits.beat = .seconds(120)
        settings.repairsItself = true
        var dice = SplitMix64(seed: seed)
        for _ in 0..<2 { _ = dice.next() }
        let world = try World(
            seed: dice.next() ^ (UInt64(index) &* 0x9E37_79B9_7F4A_7C15), settings: settings)
        (world.stage.keepsTrace, world.stage.onLine) = (keepsTrace, onLine)
        var violation: String?
        do { try world.run { world in try await live(in: world) } } catch {
            violation = (world.stage.violation.map { "\($0)" }) ?? "\(error)"
        }
        return Outcome(
            count: world.count, violation: violation, digest: world.stage.digest,
            trace: world.stage.trace)
    }

    private func live(in world: World) async throws {
        var dice = SplitMix64(seed: world.time.dice.next())
        let customers = 20 + dice.below(20)
        let mishaps = Mishaps(world: world, dice: SplitMix64(seed: dice.next()))
        let seeds = (0..<customers).map { _ in dice.next() }
        let pauses = (0..<customers).map { _ in
            dice.happens(0.005) ? 3_600 + dice.below(40_000) : 1 + dice.below(60)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var mishaps = mishaps
                await mishaps.happen()
            }
            for (seed, pause) in zip(seeds, pauses) where world.stage.violation == nil {
                var customer = Customer(world: world, dice: SplitMix64(seed: seed))
                try? await customer.visit()
                world.isNight = pause > 60
                try? await world.advance(.seconds(pause))
                world.isNight = false
            }
            group.cancelAll()
        }
        try await world.help()
        try await world.serveNext()
        try await world.help()
        let facts = try await world.facts()
        world.count(facts)
        if let violation = Sentence.broken(facts).first { throw violation }
    }
}

extension World {
    func count(_ facts: Facts) {
        count.sessions = facts.ledger.sessionsStarted
        count.powerCuts = cuts
        count.networkFaults = network.troubles + networkCuts
        count.deviceFaults = deviceFaults
        (count.fenLost, count.fenInvented) = (facts.fenLost, facts.fenInvented)
        count.doubtful = facts.doubtful
        count.virtualSeconds = time.nowNs / 1_000_000_000
        count.steps = time.steps
    }
}
