internal import KioskFlows
internal import KioskModel
public import KioskRuntime
internal import KioskStore
internal import VirtualWorld

/// Looking at what must be true: at every moment, and when everything is over.
extension World {
    /// Runs one incident in a world that works, and then lets help come.
    public static func run(
        seed: UInt64 = 1, limits: KioskSettings.Limits = KioskSettings.Limits(),
        polling: Duration = .milliseconds(200), on disk: SmallDisk? = nil, in place: String? = nil,
        _ incident: @escaping @Sendable (World) async throws -> Void
    ) throws {
        var settings = Settings()
        (settings.limits, settings.polling) = (limits, polling)
        settings.place = disk?.folder ?? place
        let world = try World(seed: seed, settings: settings)
        try world.run { world in
            try await world.ready()
            try await incident(world)
            try await world.help()
            try await world.check()
        }
    }

    /// Longest back-off of the office, customer's waits and the unit's start together, and a good deal more.
    private static let helpMax: Duration = .seconds(3600)

    /// Help comes: power, network and billing system work again, the unit is repaired, the customer has gone. Returns when
    /// everything has been told and posted, or should have been: what is still open then, the sentences say.
    public func help() async throws {
        cutWithDisk()
        planned = []
        repairDisks()
        network.weather = .calm
        if network.isDown { network.comeBack() }
        bank.become(.normal)
        time.wallOffset = .zero
        try acceptor.say("notes back")
        for words in ["plug", "power restore", "clear all"] { try acceptor.say(words) }
        try await printer.say("clear all")
        cutWithDisk()
        if house.life == nil { try house.powerOn() }
        if life == nil { try restart() }
        let end = time.nowNs + World.helpMax.nanoseconds
        while try await !isQuiet, time.nowNs < end { try await advance(.seconds(1)) }
        guard life != nil, house.life != nil else {
            throw Disappointment("help: expected kiosk and office to run, got one that does not")
        }
    }

    private var isQuiet: Bool {
        get async throws {
            guard let life else { return false }
            let status = await life.kiosk.status()
            guard !status.openSession, truth.inPath.isEmpty, await cashHindrances.isEmpty else {
                return false
            }
            guard await !life.kiosk.outbox().contains(where: { $0.acked < $0.last }) else {
                return false
            }
            try read()
            let ledger = tail.ledger
            guard ledger.balance(.topUpDue) == .zero, ledger.balance(.credit) == .zero,
                ledger.openNote == nil
            else { return false }
            let expected = ledger.balance(.suspense) > .zero ? ["noteDoubtful"] : []
            return await alarms == expected
        }
    }

    /// After all of it the kiosk still does what it is for.
    func serveNext() async throws {
        // The driver may have to find out that it must begin anew.
        try await advance(.seconds(10))
        try await see(.attract, within: .seconds(600))
        try await startTopUp()
        try await insert(20)
        try await touch("finish")
        try await see(.outcome, yuan: 20, within: .seconds(30))
    }

    /// - Throws: the first sentence that does not hold.
    public func check() async throws {
        if let violation = stage.violation { throw violation }
        if let violation = Sentence.broken(try await facts()).first { throw violation }
    }

    /// What is looked at whenever something happens.
    func watch() {
        stage.onMoment = { [unowned self] moment, _ in
            cutWithDisk()
            cutIfPlanned(at: moment)
        }
        stage.onLook = { [unowned self] in
            let (booked, inside) = (bank.books.total.fen, truth.cassetteFen)
            guard booked > inside else { return nil }
            return Violation(
                Sentence.postedIsCovered, "posted \(booked), inside \(inside)")
        }
        house.onEnd = { [unowned self] in
            repair.yield(Cut(at: 0, .office, downFor: .seconds(2), .killed))
        }
        acceptor.onCommand = { [unowned self] command, answered in
            // Source: CCNET 2.6.0: STACK 35, ACK 00 of stacked 81 or returned 82.
            guard life != nil, disk.isOn, command == 0x35 || answered == 0x81 else { return }
            do { try read() } catch {
                return stage.report(Violation("the journal is read", "\(error)"))
            }
            let open = tail.ledger.openNote
            switch (command, answered) {
            case (0x35, _) where open?.intent != .stack:
                stage.report(.intentBeforeStack, "\(String(describing: open))")
            case (0x00, 0x81) where open != nil:
                stage.report(.creditBeforeAcknowledgement, "\(String(describing: open))")
            default: break
            }
        }
    }
}
