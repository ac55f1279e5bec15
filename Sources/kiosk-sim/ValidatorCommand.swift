internal import ArgumentParser
internal import Glibc
internal import KioskModel
internal import Machine
internal import VirtualWorld

/// Runs the virtual bill acceptor on a pseudo-terminal until it is told to stop.
struct ValidatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validator",
        abstract: "Run the virtual bill acceptor (CCNET) on DIR/validator.tty.",
        discussion: """
            What is in its cassette stands in DIR/validator.json and survives a kill; a restart is a power-up.
            DIR/validator.log shows what kiosk and unit say to each other, without the everyday.
            """)

    @OptionGroup var options: StateOptions

    func run() throws {
        try options.make()
        Stopping.watch()
        var booth = try ValidatorBooth(options)
        defer { booth.end() }
        try booth.run()
    }
}

/// The validator with its cable, its socket and its memory.
private struct ValidatorBooth {
    /// How often the loop looks for a stop at the least.
    private static let tickMs: Int32 = 100

    private let options: StateOptions
    private let clock = MachineTime()
    private let words: WordSocket
    private var validator: VirtualValidator
    private var cable: PseudoTerminal?
    private var coming: [VirtualValidator.Reply] = []
    private var saved: ValidatorTruth
    private var log: ValidatorLog

    init(_ options: StateOptions) throws {
        self.options = options
        words = try WordSocket(path: options.socket(of: .validator))
        log = try ValidatorLog(path: options.file("validator.log"))
        let memory = options.file("validator.json")
        if let bytes = try DurableFile.read(memory) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let truth = ValidatorTruth(json: text) else {
                throw Trouble(
                    "\(memory): expected the notes of a validator. Remove the file to begin with none."
                )
            }
            saved = truth
        } else {
            saved = ValidatorTruth()
            try DurableFile.replace(memory, with: saved.json)
        }
        validator = VirtualValidator(
            truth: saved, timing: .pseudoTerminal, atNs: clock.now.monotonicNs)
        cable = try PseudoTerminal(link: options.file("validator.tty"))
    }

    mutating func run() throws {
        Terminal.remark(
            "validator: on \(options.file("validator.tty")); insert a note with `kiosk-sim notes 50`"
        )
        while !Stopping.isRequested {
            wait()
            try move()
        }
    }

    mutating func end() {
        cable?.end()
        words.end()
    }

    private mutating func wait() {
        var watched = [pollfd(fd: words.file, events: Int16(POLLIN), revents: 0)]
        if let cable {
            watched.append(pollfd(fd: cable.controller, events: Int16(POLLIN), revents: 0))
        }
        let nowNs = clock.now.monotonicNs
        let next = (coming.map(\.atNs) + (validator.nextChangeNs.map { [$0] } ?? [])).min()
        let leftMs = next.map { max(0, ($0 - nowNs + 999_999) / 1_000_000) } ?? Int64.max
        let ready = poll(&watched, nfds_t(watched.count), Int32(min(leftMs, Int64(Self.tickMs))))
        if ready == 0 { cable?.releaseClaim() }
        if watched[0].revents != 0 {
            // Through a copy: the closure may not reach into self while it is being changed.
            var heard: (sentence: String, answer: String)?
            var validator = self.validator
            let nowNs = clock.now.monotonicNs
            words.serve { sentence in
                let answer = try validator.say(sentence, at: nowNs)
                heard = (sentence, answer)
                return answer
            }
            if heard != nil { self.validator = validator }
        }
    }

    /// Bytes in, truth to the disk, bytes out: in that order, so that the kiosk never knows of a note that is forgotten.
    private mutating func move() throws {
        try follow()
        let nowNs = clock.now.monotonicNs
        if let bytes = cable?.read(), !bytes.isEmpty {
            log.hear(bytes, nowNs: nowNs)
            coming += validator.receive(bytes, at: nowNs)
        }
        let truth = validator.truth(at: nowNs)
        if truth != saved {
            try DurableFile.replace(options.file("validator.json"), with: truth.json)
            saved = truth
        }
        for reply in coming where reply.atNs <= nowNs {
            cable?.write(reply.bytes)
            log.say(reply.bytes, nowNs: nowNs)
        }
        coming.removeAll { $0.atNs <= nowNs }
    }

    /// The cable is in or out as it was said.
    private mutating func follow() throws {
        if !validator.isPlugged {
            cable?.end()
            cable = nil
            coming = []
        } else if cable == nil {
            cable = try PseudoTerminal(link: options.file("validator.tty"))
        }
    }
}
