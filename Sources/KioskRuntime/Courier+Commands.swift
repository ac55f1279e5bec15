import KioskModel
import KioskStore
import OfficeProtocol

/// Asking for the office's commands and obeying them, one after the other.
extension Courier {
    func followCommands() async {
        while !Task.isCancelled {
            do { try await poll() } catch { return }
        }
    }

    /// One long poll.
    ///
    /// - Throws: `CancellationError` when the kiosk stops.
    private func poll() async throws {
        let (asked, known) = (timekeeper.now.monotonicNs, lastCommand)
        let commands: [Command]
        do throws(OfficeFault) {
            commands = try await office.commands(epoch: journal.epoch, after: lastCommand)
        } catch {
            return try await handle(error)
        }
        for command in commands.prefix(Limits.commandsPerAnswer)
            .sorted(by: { $0.number < $1.number }) where command.number > lastCommand
        {
            guard command.number == lastCommand + 1 else {
                // Obeying a later one would make the office believe that we have those between.
                return try await distrust(
                    "take commands: expected number \(lastCommand + 1), got \(command.number)")
            }
            do { try await obey(command) } catch { return try await postpone(error) }
            lastCommand = command.number
        }
        guard commands.isEmpty || lastCommand > known else {
            return try await distrust("take commands: expected numbers after \(known), got none")
        }
        failures[.commands] = 0
        await report(.reachable, by: .commands)
        let spent = Duration.nanoseconds(timekeeper.now.monotonicNs - asked)
        if commands.isEmpty, spent < Pace.pollEvery {
            try await timekeeper.sleep(for: Pace.pollEvery - spent)
        }
    }

    private func handle(_ fault: OfficeFault) async throws {
        switch fault {
        case .unreachable(let why): await report(.unreachable(why), by: .commands)
        case .untrusted(let why): await report(.untrusted(why), by: .commands)
        case .refused(let refusal) where refusal.code == .forbidden:
            await report(.untrusted(refusal.reason), by: .commands)
        case .refused(let refusal): await report(.unreachable(refusal.reason), by: .commands)
        case .busy(let retryAfter):
            await report(.reachable, by: .commands)
            return try await backOff(.commands, atLeast: retryAfter)
        }
        try await backOff(.commands)
    }

    /// The journal did not take it: the office will say it again.
    private func postpone(_ error: any Error) async throws {
        if error is CancellationError { throw error }
        try await backOff(.commands)
    }

    private func distrust(_ sentence: String) async throws {
        await report(.unreachable(sentence), by: .commands)
        try await backOff(.commands)
    }
}
