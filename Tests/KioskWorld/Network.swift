internal import KioskModel
internal import Office
internal import OfficeProtocol
internal import VirtualWorld

/// The network between the kiosk and the office, and its weather.
public final class Network: @unchecked Sendable {
    /// How often what happens to a message, 0 to 1.
    public struct Weather: Sendable, Hashable {
        /// Never arrives; the sender waits for its deadline.
        public var loss = 0.0
        /// Arrives, and the answer does not.
        public var answerLoss = 0.0
        /// Arrives twice.
        public var duplicate = 0.0
        /// An older batch arrives again before this one.
        public var replay = 0.0
        /// One way takes up to this.
        public var slowest: Duration = .milliseconds(20)
        public init() {}
        public static let calm = Weather()
        public static let storm: Weather = {
            var weather = Weather()
            (weather.loss, weather.answerLoss) = (0.3, 0.2)
            (weather.duplicate, weather.replay) = (0.1, 0.1)
            weather.slowest = .seconds(4)
            return weather
        }()
    }

    fileprivate let house: OfficeHouse
    fileprivate let time: VirtualScheduler
    fileprivate let stage: Stage
    public var weather = Weather.calm
    public private(set) var isDown = false
    /// What went wrong so far, message by message.
    public fileprivate(set) var troubles = 0
    fileprivate var batches: [Batch] = []
    private var acked: [Lane: Int64] = [:]
    /// How long a sender waits for an answer that does not come.
    private static let deadline: Duration = .seconds(20)
    /// Batches that may be replayed.
    private static let keptMax = 8

    init(house: OfficeHouse, time: VirtualScheduler, stage: Stage) {
        (self.house, self.time, self.stage) = (house, time, stage)
    }

    public func goDown() {
        stage.tell("network", "down")
        isDown = true
    }

    public func comeBack() {
        stage.tell("network", "up")
        isDown = false
    }

    fileprivate func happens(_ chance: Double) -> Bool {
        guard chance > 0, time.dice.happens(chance) else { return false }
        troubles += 1
        return true
    }

    fileprivate func keep(_ batch: Batch) {
        batches.append(batch)
        if batches.count > Network.keptMax { batches.removeFirst() }
    }

    /// I9: what the office has said once it never takes back.
    fileprivate func hear(_ answer: BatchAnswer, of batch: Batch) {
        let before = acked[batch.lane, default: 0]
        if answer.acked < before {
            stage.report(
                .acknowledgedStays, "\(batch.lane.rawValue): \(answer.acked) after \(before)")
        }
        acked[batch.lane] = max(before, answer.acked)
    }

    fileprivate func travel() async throws(OfficeFault) {
        let slowest = weather.slowest.nanoseconds
        let way =
            weather == .calm
            ? Duration.milliseconds(20)
            : .nanoseconds(Int64(time.dice.below(Int(slowest / 1_000_000) + 1)) * 1_000_000)
        // Cancelled: the kiosk has gone.
        try? await time.sleep(for: way)
        guard !isDown else { throw .unreachable("no route to the office") }
    }

    /// Nothing comes, for as long as the sender waits.
    fileprivate func silence() async -> OfficeFault {
        try? await time.sleep(for: Network.deadline)
        return .unreachable("no answer in time")
    }
}

/// The way from one process of the kiosk to the office.
struct NetworkLine: OfficeConnection {
    let network: Network
    let kiosk: KioskID
    let pulse: Pulse

    func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        let first = batch.events.first?.seq ?? 0
        let name = "\(batch.lane.rawValue) \(first)+\(batch.events.count)"
        try await go(name)
        if network.happens(network.weather.replay), !network.batches.isEmpty {
            let old = network.batches[network.time.dice.below(network.batches.count)]
            network.stage.tell("network", "an older batch arrives again")
            _ = try? await take(old)
        }
        network.keep(batch)
        if network.happens(network.weather.duplicate) {
            network.stage.tell("network", "arrives twice: \(name)")
            _ = try? await take(batch)
        }
        let answer = try await take(batch)
        try await comeBack("acked \(answer.acked) of \(batch.lane.rawValue)")
        return answer
    }

    func ask(_ question: Question) async throws(OfficeFault) -> Answer {
        try await go("question")
        let life = try office()
        let answer = await life.office.answer(question, from: kiosk)
        try checkAlive(life)
        try await comeBack("answer")
        return answer
    }

    func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command] {
        try await network.travel()
        try checkAlive()
        let life = try office()
        let commands: [Command]
        do {
            commands = try await life.office.commands(
                for: kiosk, epoch: epoch, after: number, within: Limits.longPoll)
        } catch { throw .refused(error) }
        try checkAlive(life)
        if commands.isEmpty { return commands }
        try await comeBack("commands \(commands.map { "\($0.number)" }.joined(separator: ","))")
        return commands
    }

    private func take(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        let life = try office()
        let answer: BatchAnswer
        do { answer = try await life.office.take(batch, from: kiosk) } catch {
            try checkAlive(life)
            if error.code == .busy { throw .busy(retryAfter: .seconds(1)) }
            throw .refused(error)
        }
        try checkAlive(life)
        network.hear(answer, of: batch)
        return answer
    }

    private func office() throws(OfficeFault) -> OfficeHouse.Life {
        guard let life = network.house.life else {
            throw .unreachable("the office refuses the connection")
        }
        return life
    }

    private func go(_ what: String) async throws(OfficeFault) {
        try checkAlive()
        network.stage.reach(.send, what)
        try checkAlive()
        try await network.travel()
        if network.happens(network.weather.loss) {
            network.stage.tell("network", "lost: \(what)")
            throw await network.silence()
        }
    }

    private func comeBack(_ what: String) async throws(OfficeFault) {
        network.stage.reach(.answer, what)
        try checkAlive()
        if network.happens(network.weather.answerLoss) {
            network.stage.tell("network", "lost: \(what)")
            throw await network.silence()
        }
        try await network.travel()
        try checkAlive()
    }

    /// A dead kiosk hears nothing.
    private func checkAlive() throws(OfficeFault) {
        guard pulse.isAlive else { throw .unreachable("the kiosk has no power") }
    }

    /// Nobody hears a dead office.
    private func checkAlive(_ life: OfficeHouse.Life) throws(OfficeFault) {
        guard life.pulse.isAlive else { throw .unreachable("the office fell silent") }
    }
}
