public import VirtualWorld

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
        /// What the disk keeps of what was not synced.
        public var way: VirtualDisk.Cut
        public init(
            at moment: Int, _ victim: Victim, downFor: Duration, _ way: VirtualDisk.Cut
        ) {
            (self.moment, self.victim, self.downFor) = (moment, victim, downFor)
            self.way = victim == .process ? .killed : way
        }
    }

    /// Power will fail in the middle of the disk's work: `step` operations from now.
    public func planOnDisk(_ cut: Cut, step: Int) {
        let disk = cut.victim == .office ? house.disk.virtual : disk.virtual
        guard let disk else { preconditionFailure("a real disk cannot be cut in its work") }
        diskOrder = cut
        disk.cut(atStep: disk.counts.steps + step, cut.way, seed: time.dice.next())
    }

    /// No further trouble with the disks.
    func repairDisks() {
        diskOrder = nil
        for disk in [disk.virtual, house.disk.virtual] {
            disk?.limit(bytes: nil)
            disk?.failWrite(0, .noRoom)
            disk?.failSync(0)
            disk?.cut(atStep: 0, .killed, seed: 0)
        }
    }

    /// A disk that lost its power takes its machine with it, before anything else happens there.
    func cutWithDisk() {
        if life != nil, !disk.isOn {
            carryOut(diskOrder ?? Cut(at: 0, .kiosk, downFor: .seconds(5), .killed))
        }
        if house.life != nil, !house.disk.isOn {
            carryOut(diskOrder ?? Cut(at: 0, .office, downFor: .seconds(5), .killed))
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
                try cutPower(cut.way)
            case .process:
                guard life != nil else { return }
                try kill()
            case .office:
                guard house.life != nil else { return }
                try house.cutPower(cut.way)
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
                    self.bringBack(cut)
                }
            }
        }
    }

    /// A program that cannot open its file ends, and systemd starts it again.
    private func bringBack(_ cut: Cut) {
        do {
            switch cut.victim {
            case .kiosk, .process: if life == nil { try restart() }
            case .office: if house.life == nil { try house.powerOn() }
            }
        } catch {
            stage.tell("systemd", "\(cut.victim) does not start: \(error)")
            repair.yield(Cut(at: 0, cut.victim, downFor: .seconds(5), cut.way))
        }
    }
}
