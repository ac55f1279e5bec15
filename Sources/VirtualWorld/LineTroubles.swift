/// What the cable does to the frames of a virtual validator.
struct LineTroubles: Sendable {
    private struct Pending: Sendable {
        let name: ValidatorFault.Name
        let status: UInt8?
        var left: Int

        func fits(_ begin: UInt8) -> Bool { status == nil || status == begin }
    }

    private(set) var echoes = false
    private(set) var isSilent = false
    private var pending: [Pending] = []
    private var dice: SplitMix64

    init(seed: UInt64) { dice = SplitMix64(seed: seed) }

    mutating func begin(_ fault: ValidatorFault) {
        switch fault.name {
        case .echo: echoes = true
        case .silence: isSilent = true
        default: pending.append(Pending(name: fault.name, status: fault.status, left: fault.count))
        }
    }

    mutating func end(_ name: ValidatorFault.Name) {
        switch name {
        case .echo: echoes = false
        case .silence: isSilent = false
        default: pending.removeAll { $0.name == name }
        }
    }

    /// True when the host's ACK of an answer that began with `status` gets lost.
    mutating func losesAcknowledgement(of status: UInt8) -> Bool {
        guard let place = pending.firstIndex(where: { $0.name == .lostAck && $0.fits(status) })
        else { return false }
        use(place)
        return true
    }

    /// What arrives of a frame whose data begins with `status`, and by how much later than it should.
    mutating func carry(_ frame: [UInt8], status: UInt8, timing: ValidatorTiming) -> [(
        bytes: [UInt8], delay: Duration
    )] {
        guard let place = pending.firstIndex(where: { $0.name != .lostAck && $0.fits(status) })
        else { return [(frame, timing.reply)] }
        let name = pending[place].name
        use(place)
        switch name {
        case .lostReply: return []
        case .lateReply: return [(frame, timing.lateReply)]
        case .corrupt:
            var broken = frame
            broken[dice.below(frame.count - 3) + 3] ^= UInt8(1 << dice.below(8))
            return [(broken, timing.reply)]
        case .halfFrame: return [(Array(frame.prefix(frame.count / 2)), timing.reply)]
        case .duplicate: return [(frame + frame, timing.reply)]
        case .noise:
            // Any byte but SYNC: noise that looks like a frame's start is the half frame's business.
            let noise = (0..<dice.below(7) + 1).map { _ in UInt8(dice.below(253) + 3) }
            return [(noise + frame, timing.reply)]
        default: preconditionFailure("\(name.rawValue) is no trouble of single answers")
        }
    }

    private mutating func use(_ place: Int) {
        pending[place].left -= 1
        if pending[place].left == 0 { pending.remove(at: place) }
    }
}
