internal import KioskModel
public import VirtualWorld

/// One incident with the power cut at one place, and everything that follows.
public struct CutRun: Sendable, Hashable, CustomStringConvertible {
    public enum Place: Sendable, Hashable {
        /// Before the act of that moment.
        case moment(Int)
        /// In that operation of the disk.
        case diskStep(Int)
    }

    public var place: Place
    public var victim: World.Victim
    public var way: VirtualDisk.Cut
    /// A second cut so many moments into the recovery; nil: none.
    public var again: Int?

    public init(_ place: Place, _ victim: World.Victim, _ way: VirtualDisk.Cut, again: Int? = nil) {
        (self.place, self.victim, self.way, self.again) = (place, victim, way, again)
    }

    /// "kiosk:moment:17:unsyncedLost:again3", as `--only` reads it.
    public var description: String {
        let at =
            switch place {
            case .moment(let number): "moment:\(number)"
            case .diskStep(let number): "disk:\(number)"
            }
        return "\(victim.rawValue):\(at):\(way)" + (again.map { ":again:\($0)" } ?? "")
    }

    public init?(_ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 4 || parts.count == 6, let victim = World.Victim(rawValue: parts[0]),
            let number = Int(parts[2]),
            let way = VirtualDisk.Cut.allCases.first(where: { "\($0)" == parts[3] })
        else { return nil }
        self.init(
            parts[1] == "disk" ? .diskStep(number) : .moment(number), victim, way,
            again: parts.count == 6 ? Int(parts[5]) : nil)
    }
}

extension Incident {
    /// How many moments and operations of the two disks it has, counted from when the kiosk is ready.
    public struct Size: Sendable, Hashable {
        public var moments = 0
        public var kioskSteps = 0
        public var officeSteps = 0
    }

    private static let seed: UInt64 = 7

    public func size() throws -> Size {
        let world = try world()
        try world.run { world in
            try await world.ready()
            let (moments, disk, house) = (
                world.stage.moments, world.disk.steps, world.house.disk.steps
            )
            try? await happen(world)
            world.measured = Size(
                moments: world.stage.moments - moments, kioskSteps: world.disk.steps - disk,
                officeSteps: world.house.disk.steps - house)
            try await world.help()
            try await world.check()
        }
        return world.measured
    }

    /// Runs it without a cut, lets help come, and serves the next customer.
    ///
    /// - Throws: what contradicts.
    public func serveNextCustomer() throws {
        let world = try world()
        try world.run { world in
            try await world.ready()
            try? await happen(world)
            try await world.help()
            try await world.serveNext()
            try await world.help()
            try await world.check()
        }
    }

    /// Every cut worth making: at each moment machine, process or office, in each way that differs; in each disk operation;
    /// and at every moment one cut that is followed by another in the recovery.
    public func cuts(_ size: Size) -> [CutRun] {
        var cuts: [CutRun] = []
        for moment in 1...max(1, size.moments) {
            for way in VirtualDisk.Cut.allCases where way != .killed {
                cuts.append(CutRun(.moment(moment), .kiosk, way))
            }
            cuts.append(CutRun(.moment(moment), .process, .killed))
            cuts.append(CutRun(.moment(moment), .office, .unsyncedLost))
            cuts.append(CutRun(.moment(moment), .kiosk, .unsyncedLost, again: 1 + moment % 12))
            cuts.append(CutRun(.moment(moment), .process, .killed, again: 1 + moment % 7))
        }
        for (steps, victim) in [(size.kioskSteps, World.Victim.kiosk), (size.officeSteps, .office)]
        {
            for step in 1...max(1, steps) {
                for way in VirtualDisk.Cut.allCases {
                    cuts.append(CutRun(.diskStep(step), victim, way))
                }
            }
        }
        return cuts
    }

    /// Runs it with that cut, lets help come, and checks every sentence.
    ///
    /// - Returns: what contradicts; nil: nothing.
    public func run(_ cut: CutRun, onLine: ((String) -> Void)? = nil) -> String? {
        do {
            let world = try world()
            world.stage.onLine = onLine
            do {
                try world.run { world in
                    try await world.ready()
                    world.order(cut)
                    // With its power gone a story may end anywhere.
                    try? await happen(world)
                    try await world.advance(.seconds(10))
                    try await world.help()
                    try await world.check()
                }
            } catch { return world.stage.violation.map { "\($0)" } ?? "\(error)" }
            return nil
        } catch { return "\(error)" }
    }

    private func world() throws -> World {
        var settings = World.Settings()
        settings.patience = .seconds(30)
        settings.repairsItself = true
        return try World(seed: Incident.seed, settings: settings)
    }
}

extension World {
    fileprivate func order(_ run: CutRun) {
        switch run.place {
        case .moment(let number):
            let at = stage.moments + number
            plan(Cut(at: at, run.victim, downFor: .seconds(1), run.way))
            if let again = run.again {
                plan(Cut(at: at + again, run.victim, downFor: .seconds(1), run.way))
            }
        case .diskStep(let step):
            planOnDisk(Cut(at: 0, run.victim, downFor: .seconds(1), run.way), step: step)
        }
    }
}

extension Disk {
    var steps: Int { virtual?.counts.steps ?? 0 }
}
