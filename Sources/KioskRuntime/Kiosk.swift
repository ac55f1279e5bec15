internal import DeviceKit
internal import KioskFlows
internal import KioskModel
public import KioskStore
internal import Logging
public import OfficeProtocol

/// One kiosk at work: takes an event, asks the flow, makes the entries durable, then acts. One event at a time.
///
/// Everything it knows is a fold of the journal and one question to each device, so that a new `Kiosk` on the same journal
/// goes on where the power cut left the old one.
public actor Kiosk {
    let settings: KioskSettings
    let journal: Journal
    let fitted: KioskDevices
    let office: any OfficeConnection
    let surroundings: KioskSurroundings
    let log: Logger
    let startedNs: Int64

    var visit: Visit
    var books: KioskLedger
    var alarmBoard: AlarmBoard
    var board = DeviceBoard()
    var services: Services?
    var shown: ShownScreen?
    var watchers: [Int: AsyncStream<ShownScreen>.Continuation] = [:]
    var nextWatcher = 0
    /// Who waits for the end of which delivery; nobody is left waiting when the loop ends.
    var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    var answers: [Int: CheckedContinuation<InputVerdict, Never>] = [:]
    var nextDelivery = 0
    /// Which start of each timer counts; an older one that fires is stale.
    var timerStarts: [Timer: Int] = [:]
    /// Ends the sleep of a running timer; at most one runs of each.
    var timerStops: [Timer: AsyncStream<Void>.Continuation] = [:]
    var questionsAsked = 0
    /// Money has moved: a limit may be reached, or an alarm due.
    var isReviewDue = false
    /// Set when the journal can no longer be trusted: the loop ends with it.
    var end: JournalFault?

    /// What arrives at the loop; the sender waits until it has been handled.
    let deliveries: AsyncStream<Delivery>
    let mouth: AsyncStream<Delivery>.Continuation
    /// Tells the courier that the journal has grown.
    let courierNudge: AsyncStream<Void>
    let nudge: AsyncStream<Void>.Continuation

    /// Recovers from the journal.
    ///
    /// - Throws: `JournalFault` when the journal cannot be read: no money is taken on a journal that cannot be trusted.
    public init(
        settings: KioskSettings, journal: Journal, devices: KioskDevices,
        office: any OfficeConnection,
        surroundings: KioskSurroundings
    ) throws(JournalFault) {
        (self.settings, self.journal, fitted) = (settings, journal, devices)
        (self.office, self.surroundings) = (office, surroundings)
        log = Logger(label: "kiosk")
        startedNs = surroundings.timekeeper.now.monotonicNs
        let fold = try journal.fold()
        (books, alarmBoard) = (fold.ledger, AlarmBoard(fold.alarms))
        visit = Visit(settings: settings.visit, ledger: fold.ledger)
        board.acceptor.recordedCassetteOut = fold.alarms.contains {
            $0.key.code == .cassetteRemoved
        }
        (deliveries, mouth) = AsyncStream.makeStream(
            of: Delivery.self, bufferingPolicy: .bufferingOldest(Kiosk.deliveriesMax))
        (courierNudge, nudge) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Every sender waits for the end of its delivery, so that there are never more than senders: two devices, the courier's
    /// two ways, the beat, five timers, and as many inputs, questions and prints as their own limits allow.
    private static let deliveriesMax = 128

    /// One event on its way to the loop.
    struct Delivery: Sendable {
        enum Content: Sendable {
            case flow(Event)
            case input(Input, screen: Int)
            case timer(Timer, start: Int)
            case printer(Set<PrinterCondition>)
            case courier(CourierNews)
            case beat
        }
        let content: Content
        /// Names who waits for its end.
        let number: Int
    }

    /// Works until the task is cancelled, or until the journal breaks.
    ///
    /// - Throws: `JournalFault.broken` when a commit's fate is unknown. The acceptor has been told to give back what it
    ///   holds and to take nothing; the caller ends the process, and the next start reads what the disk really holds.
    public func run() async throws(JournalFault) {
        await withDiscardingTaskGroup { group in
            await begin(&group)
            if end == nil { runDevices(in: &group) }
            var arriving = deliveries.makeAsyncIterator()
            while end == nil, let delivery = await arriving.next() {
                await handle(delivery, in: &group)
            }
            stop()
            if end != nil {
                // The acceptor gets the time to give back what it holds; nobody else is waited for.
                try? await surroundings.timekeeper.sleep(for: settings.limits.lastWords)
            }
            group.cancelAll()
        }
        if let end { throw end }
    }

    private func begin(_ group: inout DiscardingTaskGroup) async {
        await commit(in: &group) { visit, at in visit.begin(at: at) }
        await reviewServices(in: &group)
        if end == nil { surroundings.onReady() }
    }

    private func runDevices(in group: inout DiscardingTaskGroup) {
        if let acceptor = fitted.acceptor {
            group.addTask {
                await acceptor.device.run { try await self.deliver(.flow(.acceptor($0))) }
            }
        }
        if let printer = fitted.printer {
            group.addTask { await printer.device.watch { await self.inform(.printer($0)) } }
        }
        let courier = Courier(
            journal: journal, office: office, timekeeper: surroundings.timekeeper,
            random: surroundings.random,
            nudges: courierNudge, lastCommand: books.lastCommand,
            news: { await self.inform(.courier($0)) },
            obey: { try await self.deliver(.flow(Kiosk.event(of: $0))) })
        group.addTask { await courier.run() }
        group.addTask { await self.beat() }
    }

    /// Hands an event to the loop and waits until its entries are durable and its actions done.
    ///
    /// - Throws: `JournalFault` when they could not be made durable; `CancellationError` when the kiosk stops.
    func deliver(_ content: Delivery.Content) async throws {
        nextDelivery += 1
        let number = nextDelivery
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            waiting[number] = done
            if enqueue(Delivery(content: content, number: number)) { return }
            waiting.removeValue(forKey: number)?.resume(throwing: CancellationError())
        }
    }

    /// Hands an event over for which nothing is owed to the sender if it cannot be made durable: the visit is then begun
    /// anew from the journal, which answers it.
    func inform(_ content: Delivery.Content) async {
        do { try await deliver(content) } catch {
            log.debug("an event came to nothing: \(error)")
        }
    }

    /// False when the loop has ended.
    func enqueue(_ delivery: Delivery) -> Bool {
        switch mouth.yield(delivery) {
        case .enqueued: return true
        case .terminated: return false
        case .dropped: preconditionFailure("more than \(Kiosk.deliveriesMax) deliveries at once")
        @unknown default: preconditionFailure("an unknown fate of a delivery")
        }
    }

    private static func event(of command: Command) -> Event {
        switch command.body {
        case .orderSettled(let order, let state):
            .orderSettled(order, state, command: command.number)
        }
    }

    private func beat() async {
        while (try? await surroundings.timekeeper.sleep(for: settings.limits.beat)) != nil {
            await inform(.beat)
        }
    }

    /// Nobody waits for a loop that has ended.
    private func stop() {
        mouth.finish()
        for number in waiting.keys.sorted() {
            waiting[number]?.resume(throwing: CancellationError())
        }
        for number in answers.keys.sorted() {
            answers[number]?.resume(returning: .unavailable("the kiosk is stopping"))
        }
        (waiting, answers) = ([:], [:])
        for watcher in watchers.values { watcher.finish() }
        watchers = [:]
    }

    private func handle(_ delivery: Delivery, in group: inout DiscardingTaskGroup) async {
        var fault: JournalFault?
        switch delivery.content {
        case .flow(let event):
            fault = await handle(event, in: &group)
        case .input(let input, let screen):
            let verdict = await handle(input, on: screen, in: &group)
            answers.removeValue(forKey: delivery.number)?.resume(returning: verdict)
        case .timer(let timer, let start):
            fault = timerStarts[timer] == start ? await commit(.timerFired(timer), in: &group) : nil
        case .printer(let conditions):
            (board.printer.conditions, board.printer.known) = (conditions, true)
            fault = await reviewServices(in: &group)
        case .courier(let news):
            fault = await handle(news, in: &group)
        case .beat:
            surroundings.onBeat()
            fault = await reviewServices(in: &group)
        }
        if fault == nil, isReviewDue { fault = await reviewServices(in: &group) }
        let done = waiting.removeValue(forKey: delivery.number)
        if let fault { done?.resume(throwing: fault) } else { done?.resume() }
    }

    private func handle(_ event: Event, in group: inout DiscardingTaskGroup) async -> JournalFault?
    {
        if case .acceptor(let report) = event {
            if let fault = await note(report, in: &group) { return fault }
        }
        if let fault = await commit(event, in: &group) { return fault }
        guard case .orderSettled(let order, let state, let command) = event,
            books.lastCommand < command
        else { return nil }
        // The flow had no use for it; the journal must know it all the same, or the office repeats it for ever.
        return await record([.orderSettled(order: order, state: state, command: command)])
    }

    private func handle(_ input: Input, on screen: Int, in group: inout DiscardingTaskGroup) async
        -> InputVerdict
    {
        guard let shown, board.journalTrouble == nil else {
            return .unavailable("the journal does not commit")
        }
        guard shown.id == screen else { return .gone(shown: shown.id) }
        guard visit.accepts(input) else {
            return .unknownInput("screen \(shown.screen.name.rawValue) takes no such input")
        }
        if let fault = await commit(.customer(input), in: &group) {
            return .unavailable("\(fault)")
        }
        return .accepted
    }

    private func handle(_ news: CourierNews, in group: inout DiscardingTaskGroup) async
        -> JournalFault?
    {
        if case .journal(let fault) = news {
            await failClosed(fault)
            return fault
        }
        board.office.hear(news, atNs: surroundings.timekeeper.now.monotonicNs)
        return await reviewServices(in: &group)
    }
}
