/// A bill acceptor without hardware that speaks CCNET as the device does: notes, motions, cassette, power and faults.
///
/// A plain value. Bytes from the host go into `receive`, sentences from people into `say`; both are told the time in
/// nanoseconds of one clock that never falls. Written from the protocol's description and from nothing of the driver.
public struct VirtualValidator: Sendable {
    /// Bytes to the host, and when they are on the line.
    public struct Reply: Sendable, Hashable {
        public let bytes: [UInt8]
        public let atNs: Int64
    }

    /// The last data answer: the host's ACK belongs to it.
    struct Answered: Sendable, Hashable {
        let state: NotePath.State
        let atNs: Int64
    }

    var path: NotePath
    var line = CCNETLine()
    var answered: Answered?
    var troubles: LineTroubles
    /// The high-security mask, kept but without effect. Source: CCNET v2.6.0, SET SECURITY.
    var security: [UInt8] = [0, 0, 0]
    /// What the unit says of itself against the truth.
    var wrongCurrency = false
    var swappedSerial = false
    var unknownStatus: UInt8?

    /// False while the cable is out: nothing can be opened, read or written.
    public private(set) var isPlugged = true

    /// A unit that has just been given power, with what `truth` says lies in it.
    public init(
        truth: ValidatorTruth = ValidatorTruth(), timing: ValidatorTiming = .manual,
        seed: UInt64 = 1, atNs nowNs: Int64 = 0
    ) {
        path = NotePath(truth: truth, timing: timing, atNs: nowNs)
        troubles = LineTroubles(seed: seed)
    }

    /// Where every note is at that moment.
    public mutating func truth(at nowNs: Int64) -> ValidatorTruth {
        path.advance(to: nowNs)
        return path.truth
    }

    /// When something changes by itself next; nil: only when somebody does something.
    public var nextChangeNs: Int64? { path.nextChangeNs }

    /// Does what a sentence says and answers in words; `truth` is answered in JSON.
    @discardableResult
    public mutating func say(_ sentence: String, at nowNs: Int64) throws(WordTrouble) -> String {
        try say(ValidatorWord(sentence), at: nowNs)
    }

    @discardableResult
    public mutating func say(_ word: ValidatorWord, at nowNs: Int64) throws(WordTrouble) -> String {
        path.advance(to: nowNs)
        switch word {
        case .notes(let notes):
            guard path.offer(notes, at: nowNs) else {
                throw WordTrouble(
                    "notes: expected at most \(NotePath.waitingMax) notes at the slot. "
                        + "Wait until some are drawn in, or say `notes back`.")
            }
            return "\(notes.count) at the slot"
        case .notesBack: path.takeBack()
        case .fault(let fault): begin(fault, at: nowNs)
        case .clear(let name?): end(name, at: nowNs)
        case .clear(nil): for name in ValidatorFault.Name.allCases { end(name, at: nowNs) }
        case .powerCut: cutPower()
        case .powerRestore:
            guard !path.powered else { return "power is on" }
            path.restorePower(at: nowNs)
        case .unplug: isPlugged = false
        case .plug: isPlugged = true
        case .cassetteRemove: path.removeCassette(at: nowNs)
        case .cassetteInsert: path.insertCassette(at: nowNs)
        case .truth: return path.truth.json
        }
        return "done"
    }

    private mutating func cutPower() {
        path.cutPower()
        line.forget()
        answered = nil
    }

    private mutating func begin(_ fault: ValidatorFault, at nowNs: Int64) {
        switch fault.name {
        case .jamValidator:
            if fault.moment == .next {
                path.trap.jamInValidator = true
            } else {
                path.obstruct(.jamInValidator, at: nowNs)
            }
        case .jamStacker: jamStacker(fault.moment, at: nowNs)
        case .failure:
            if fault.moment == .next {
                path.trap.failure = fault.code
            } else {
                path.obstruct(.failure(code: fault.code), at: nowNs)
            }
        case .cassetteOut: path.removeCassette(at: nowNs)
        case .cassetteFull: path.saysFull = true
        case .pause:
            if fault.moment == .next {
                path.trap.doubleFed = true
            } else {
                path.feedSecond(at: nowNs)
            }
        case .cheat:
            if fault.moment == .next { path.trap.fished = true } else { path.cheat(at: nowNs) }
        case .reject: path.trap.rejected = fault.code
        case .strangeNote: path.trap.strange = true
        case .wrongCurrency: wrongCurrency = true
        case .swappedSerial: swappedSerial = true
        case .unknownStatus: unknownStatus = fault.code
        case .echo, .silence, .lostReply, .lostAck, .lateReply, .corrupt, .halfFrame, .duplicate,
            .noise:
            troubles.begin(fault)
        }
    }

    /// A note that is being stacked now jams now; otherwise the next one does.
    private mutating func jamStacker(_ moment: ValidatorFault.Moment, at nowNs: Int64) {
        if moment == .now || path.truth.place == .stacker {
            path.obstruct(.jamInStacker, at: nowNs)
        } else {
            path.trap.jamInStacker = true
        }
    }

    private mutating func end(_ name: ValidatorFault.Name, at nowNs: Int64) {
        switch name {
        case .jamValidator:
            path.trap.jamInValidator = false
            if path.obstacle == .jamInValidator { path.clearObstacle(at: nowNs) }
        case .jamStacker:
            path.trap.jamInStacker = false
            if path.obstacle == .jamInStacker { path.clearObstacle(at: nowNs) }
        case .failure:
            path.trap.failure = nil
            if case .failure = path.obstacle { path.clearObstacle(at: nowNs) }
        case .cassetteOut: path.insertCassette(at: nowNs)
        case .cassetteFull:
            path.saysFull = false
            path.noticeRoom(at: nowNs)
        case .pause: path.pullSecond(at: nowNs)
        case .cheat: path.endCheating(at: nowNs)
        case .reject: path.trap.rejected = nil
        case .strangeNote: path.trap.strange = false
        case .wrongCurrency: wrongCurrency = false
        case .swappedSerial: swappedSerial = false
        case .unknownStatus: unknownStatus = nil
        case .echo, .silence, .lostReply, .lostAck, .lateReply, .corrupt, .halfFrame, .duplicate,
            .noise:
            troubles.end(name)
        }
    }
}
