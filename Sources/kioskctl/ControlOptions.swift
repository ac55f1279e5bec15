internal import ArgumentParser
internal import Foundation

/// What every question to the running kiosk takes.
struct ControlOptions: ParsableArguments {
    static let usualSocket = "/run/kiosk/control.sock"

    @Option(
        help: ArgumentHelp(
            "The control socket of kioskd (or KIOSK_CONTROL).", valueName: "path"))
    var control =
        ProcessInfo.processInfo.environment["KIOSK_CONTROL"] ?? ControlOptions.usualSocket

    @Flag(help: "Print JSON for programs; amounts are integer fen.")
    var json = false

    /// Prints what kioskd says at `path`: as it is, or as `lines` words it.
    ///
    /// - Parameter trouble: whether what was said needs somebody; then the exit code is 1.
    func show<Report: Decodable>(
        _ path: String, as type: Report.Type, trouble: (Report) -> Bool = { _ in false },
        _ lines: (Report) -> [String]
    ) async throws {
        let bytes = try await ask(path)
        guard let report = try? JSONDecoder().decode(type, from: bytes) else {
            throw ControlOptions.exit(
                "read answer of kioskd: expected a report, got something else. "
                    + "Are kioskd and kioskctl of one version?", .unreachable)
        }
        if json {
            Output.line(String(decoding: bytes, as: UTF8.self))
        } else {
            for line in lines(report) { Output.line(line) }
        }
        if trouble(report) { throw ExitCode(Exit.trouble.rawValue) }
    }

    private func ask(_ path: String) async throws -> Data {
        do { return try await ControlClient(socket: control).get(path) } catch {
            switch error {
            case let refused as ControlClient.Refused:
                throw ControlOptions.exit(refused.description, .trouble)
            default:
                throw ControlOptions.exit("\(error)", .unreachable)
            }
        }
    }

    /// What the shell is told. Source: sysexits.h, EX_UNAVAILABLE; wrong usage is the parser's EX_USAGE, 64.
    enum Exit: Int32 {
        case trouble = 1
        case unreachable = 69
    }

    /// Says why on standard error.
    static func exit(_ sentence: String, _ code: Exit) -> ExitCode {
        Output.complaint("kioskctl: \(sentence)")
        return ExitCode(code.rawValue)
    }
}

enum Output {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
    static func complaint(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
