internal import VirtualWorld

/// Power that fails at a chosen moment, and comes back.
extension World {
    public enum Victim: String, Sendable, CaseIterable {
        /// The whole machine at the kiosk, unit and all.
        case kiosk
        /// The kiosk's process only: the unit goes on.
        case process
        /// The central office's machine.
        case office
    }

    public struct Cut: Sendable, Hashable {
        /// The moment at whose act power is gone.
        public var moment: Int
        public var victim: Victim
        public var downFor: Duration
        public init(at moment: Int, _ victim: Victim, downFor: Duration) {
            (self.moment, self.victim, self.downFor) = (moment, victim, downFor)
        }
    }

    /// Power will fail then.
    public func plan(_ cut: Cut) { planned.append(cut) }

    func cutIfPlanned(at moment: Int) {
        while let place = planned.firstIndex(where: { $0.moment <= moment }) {
            carryOut(planned.remove(at: place))
        }
    }

    private func carryOut(_ cut: Cut) {
        do {
            switch cut.victim {
            case .kiosk:
                guard life != nil else { return }
                try cutPower()
            case .process:
                guard life != nil else { return }
                try kill()
            case .office:
                guard house.life != nil else { return }
                try house.cutPower()
            }
            cuts += 1
            repair.yield(cut)
        } catch { stage.report(Violation("power can be cut", "\(error)")) }
    }

    /// Brings back what was cut, in its time.
    func repairAll() async {
        await withDiscardingTaskGroup { group in
            for await cut in repairs {
                group.addTask {
                    try? await self.time.sleep(for: cut.downFor)
                    self.bringBack(cut.victim)
                }
            }
        }
    }

    private func bringBack(_ victim: Victim) {
        do {
            switch victim {
            case .kiosk, .process: if life == nil { try restart() }
            case .office: if house.life == nil { try house.powerOn() }
            }
        } catch { stage.report(Violation("whatever was cut starts again", "\(victim): \(error)")) }
    }
}
