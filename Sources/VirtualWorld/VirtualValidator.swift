/// A bill acceptor without hardware that speaks its protocol as the device does: notes, motions, cassette, power and faults.
///
/// A plain value. Bytes from the host go into `receive`, sentences from people into `say`; both are told the time in
/// nanoseconds of one clock that never falls. Written from the protocols' descriptions and from nothing of the drivers.
public struct VirtualValidator: Sendable {
    /// Bytes to the host, and when they are on the line.
    public struct Reply: Sendable, Hashable {
        public let bytes: [UInt8]
        public let atNs: Int64
    }

    private var unit: ValidatorUnit
    private var speech: any ValidatorSpeech

    /// False while the cable is out: nothing can be opened, read or written.
    public private(set) var isPlugged = true

    /// A unit that has just been given power, with what `truth` says lies in it.
    public init(
        speaking language: ValidatorLanguage = .ccnet, truth: ValidatorTruth = ValidatorTruth(),
        timing: ValidatorTiming = .manual, seed: UInt64 = 1, atNs nowNs: Int64 = 0
    ) {
        unit = ValidatorUnit(
            path: NotePath(truth: truth, timing: timing, atNs: nowNs),
            troubles: LineTroubles(seed: seed))
        speech = language.speech
        speech.prepare(&unit)
    }

    /// Where every note is at that moment.
    public mutating func truth(at nowNs: Int64) -> ValidatorTruth {
        unit.path.advance(to: nowNs)
        return unit.path.truth
    }

    /// When something changes by itself next; nil: only when somebody does something.
    public var nextChangeNs: Int64? { unit.path.nextChangeNs }

    /// Takes bytes from the host and gives what comes back, in order, with its time.
    public mutating func receive(_ bytes: [UInt8], at nowNs: Int64) -> [Reply] {
        unit.path.advance(to: nowNs)
        var replies: [Reply] = []
        if unit.troubles.echoes { replies.append(Reply(bytes: bytes, atNs: nowNs)) }
        guard unit.path.isAwake(at: nowNs) else { return replies }
        for words in speech.hear(bytes, &unit, at: nowNs) where !unit.troubles.isSilent {
            let timing = unit.path.timing
            replies += unit.troubles.carry(words.frame, status: words.status, timing: timing).map {
                Reply(bytes: $0.bytes, atNs: nowNs + $0.delay.nanoseconds)
            }
        }
        return replies
    }

    /// Does what a sentence says and answers in words; `truth` is answered in JSON.
    @discardableResult
    public mutating func say(_ sentence: String, at nowNs: Int64) throws(WordTrouble) -> String {
        try say(ValidatorWord(sentence), at: nowNs)
    }

    @discardableResult
    public mutating func say(_ word: ValidatorWord, at nowNs: Int64) throws(WordTrouble) -> String {
        unit.path.advance(to: nowNs)
        switch word {
        case .notes(let notes):
            guard unit.path.offer(notes, at: nowNs) else {
                throw WordTrouble(
                    "notes: expected at most \(NotePath.waitingMax) notes at the slot. "
                        + "Wait until some are drawn in, or say `notes back`.")
            }
            return "\(notes.count) at the slot"
        case .notesBack: unit.path.takeBack()
        case .fault(let fault): begin(fault, at: nowNs)
        case .clear(let name?): end(name, at: nowNs)
        case .clear(nil): for name in ValidatorFault.Name.allCases { end(name, at: nowNs) }
        case .powerCut: cutPower()
        case .powerRestore:
            guard !unit.path.powered else { return "power is on" }
            unit.path.restorePower(at: nowNs)
        case .unplug: isPlugged = false
        case .plug: isPlugged = true
        case .cassetteRemove: unit.path.removeCassette(at: nowNs)
        case .cassetteInsert: unit.path.insertCassette(at: nowNs)
        case .truth: return unit.path.truth.json
        }
        return "done"
    }

    private mutating func cutPower() {
        unit.path.cutPower()
        speech.forget()
    }

    private mutating func begin(_ fault: ValidatorFault, at nowNs: Int64) {
        switch fault.name {
        case .jamValidator:
            if fault.moment == .next {
                unit.path.trap.jamInValidator = true
            } else {
                unit.path.obstruct(.jamInValidator, at: nowNs)
            }
        case .jamStacker: jamStacker(fault.moment, at: nowNs)
        case .failure:
            if fault.moment == .next {
                unit.path.trap.failure = fault.code
            } else {
                unit.path.obstruct(.failure(code: fault.code), at: nowNs)
            }
        case .cassetteOut: unit.path.removeCassette(at: nowNs)
        case .cassetteFull: unit.path.saysFull = true
        case .pause:
            if fault.moment == .next {
                unit.path.trap.doubleFed = true
            } else {
                unit.path.feedSecond(at: nowNs)
            }
        case .cheat:
            if fault.moment == .next {
                unit.path.trap.fished = true
            } else {
                unit.path.cheat(at: nowNs)
            }
        case .reject: unit.path.trap.rejected = fault.code
        case .strangeNote: unit.path.trap.strange = true
        case .wrongCurrency: unit.wrongCurrency = true
        case .swappedSerial: unit.swappedSerial = true
        case .unknownStatus: unit.unknownStatus = fault.code
        case .echo, .silence, .lostReply, .lostAck, .lateReply, .corrupt, .halfFrame, .duplicate,
            .noise:
            unit.troubles.begin(fault)
        }
    }

    /// A note that is being stacked now jams now; otherwise the next one does.
    private mutating func jamStacker(_ moment: ValidatorFault.Moment, at nowNs: Int64) {
        if moment == .now || unit.path.truth.place == .stacker {
            unit.path.obstruct(.jamInStacker, at: nowNs)
        } else {
            unit.path.trap.jamInStacker = true
        }
    }

    private mutating func end(_ name: ValidatorFault.Name, at nowNs: Int64) {
        switch name {
        case .jamValidator:
            unit.path.trap.jamInValidator = false
            if unit.path.obstacle == .jamInValidator { unit.path.clearObstacle(at: nowNs) }
        case .jamStacker:
            unit.path.trap.jamInStacker = false
            if unit.path.obstacle == .jamInStacker { unit.path.clearObstacle(at: nowNs) }
        case .failure:
            unit.path.trap.failure = nil
            if case .failure = unit.path.obstacle { unit.path.clearObstacle(at: nowNs) }
        case .cassetteOut: unit.path.insertCassette(at: nowNs)
        case .cassetteFull:
            unit.path.saysFull = false
            unit.path.noticeRoom(at: nowNs)
        case .pause: unit.path.pullSecond(at: nowNs)
        case .cheat: unit.path.endCheating(at: nowNs)
        case .reject: unit.path.trap.rejected = nil
        case .strangeNote: unit.path.trap.strange = false
        case .wrongCurrency: unit.wrongCurrency = false
        case .swappedSerial: unit.swappedSerial = false
        case .unknownStatus: unit.unknownStatus = nil
        case .echo, .silence, .lostReply, .lostAck, .lateReply, .corrupt, .halfFrame, .duplicate,
            .noise:
            unit.troubles.end(name)
        }
    }
}
