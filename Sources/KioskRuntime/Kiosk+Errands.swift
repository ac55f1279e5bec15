internal import DeviceKit
internal import KioskFlows
internal import KioskModel
internal import OfficeProtocol

/// What the loop starts and does not wait for: timers, prints, questions. Each comes back as an event.
extension Kiosk {
    /// Fires once after its duration, unless it is stopped or started anew before.
    func start(_ timer: Timer, for duration: Duration, in group: inout DiscardingTaskGroup) {
        stop(timer)
        let start = timerStarts[timer, default: 0]
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        timerStops[timer] = stop
        let timekeeper = surroundings.timekeeper
        group.addTask {
            guard await Kiosk.passes(duration, timekeeper, unless: stops) else { return }
            await self.inform(.timer(timer, start: start))
        }
    }

    /// Ends its sleep; if it has fired already, what it says is stale.
    func stop(_ timer: Timer) {
        timerStarts[timer, default: 0] += 1
        timerStops.removeValue(forKey: timer)?.finish()
    }

    /// True if the time passed before `stops` ended.
    private static func passes(
        _ duration: Duration, _ timekeeper: any Timekeeper, unless stops: AsyncStream<Void>
    ) async -> Bool {
        await withTaskGroup(of: Bool.self) { race in
            race.addTask { (try? await timekeeper.sleep(for: duration)) != nil }
            race.addTask {
                for await _ in stops {}
                return false
            }
            let passed = await race.next() ?? false
            race.cancelAll()
            return passed
        }
    }

    func print(_ receipt: Receipt, in group: inout DiscardingTaskGroup) {
        let document = surroundings.layout(receipt)
        let printer = fitted.printer
        group.addTask {
            // The title names the slip, never the customer.
            let result =
                await printer?.device.print(document, title: "receipt \(receipt.slip.digits)")
                ?? .failed
            await self.inform(.flow(.receiptEnded(receipt.order, copy: receipt.copy, result)))
        }
    }

    func ask(_ question: Question, in group: inout DiscardingTaskGroup) {
        let (office, timekeeper, limit) = (
            office, surroundings.timekeeper, settings.limits.question
        )
        let isTooMany = questionsAsked >= settings.limits.questions
        questionsAsked += 1
        group.addTask {
            let answer =
                isTooMany ? nil : await Kiosk.ask(office, question, timekeeper, within: limit)
            await self.answered(question, answer)
        }
    }

    private func answered(_ question: Question, _ answer: Answer?) async {
        questionsAsked -= 1
        await inform(.flow(event(of: answer, to: question)))
    }

    /// Who paid here is answered from the kiosk's own books where the office cannot say, or does not have the order yet.
    /// Slip and number must both be right, as at the office.
    private func ownAnswer(_ slip: SlipNumber, _ phone: PhoneNumber) -> ClaimAnswer? {
        let order = books.orders.last { $0.slip == slip && $0.phone == phone }
        return order.map { .found(amount: $0.amount, state: $0.state, at: nil) }
    }

    /// Nil when nobody answered in time.
    private static func ask(
        _ office: any OfficeConnection, _ question: Question, _ timekeeper: any Timekeeper,
        within limit: Duration
    ) async -> Answer? {
        await withTaskGroup(of: Answer?.self) { race in
            race.addTask { try? await office.ask(question) }
            race.addTask {
                try? await timekeeper.sleep(for: limit)
                return nil
            }
            let first = await race.next() ?? nil
            race.cancelAll()
            return first
        }
    }

    /// No answer, or the answer to another question, is "unavailable".
    private func event(of answer: Answer?, to question: Question) -> Event {
        switch (question, answer) {
        case (.account, .account(let answer)): .account(answer)
        case (.account, .claim), (.account, nil): .account(.unavailable)
        case (.claim, .claim(.found(let amount, let state, let at))):
            .claim(.found(amount: amount, state: state, at: at))
        case (.claim(let slip, let phone), .claim(let answer)):
            .claim(ownAnswer(slip, phone) ?? answer)
        case (.claim(let slip, let phone), .account), (.claim(let slip, let phone), nil):
            .claim(ownAnswer(slip, phone) ?? .unavailable)
        }
    }
}
