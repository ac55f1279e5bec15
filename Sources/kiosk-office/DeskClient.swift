internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// The running office, asked through its desk.
struct DeskClient {
    /// More than two hundred rows of each list.
    static let answerBytes = 4 * 1024 * 1024
    static let limit: TimeAmount = .seconds(15)

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    let desk: String

    func get(_ path: String) async throws -> Data {
        try await exchange(HTTPClientRequest(url: "\(root)/desk/api/\(path)"))
    }

    func post(_ path: String, _ body: some Encodable) async throws -> Data {
        var request = HTTPClientRequest(url: "\(root)/desk/api/\(path)")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(Array(try JSONEncoder().encode(body)))
        return try await exchange(request)
    }

    private var root: String { desk.hasSuffix("/") ? String(desk.dropLast()) : desk }

    private func exchange(_ request: HTTPClientRequest) async throws -> Data {
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: DeskClient.limit)
            let body = Data(
                try await response.body.collect(upTo: DeskClient.answerBytes).readableBytesView)
            guard response.status == .ok else {
                let reason = try? JSONDecoder().decode(Reason.self, from: body).reason
                throw Trouble(
                    description: reason ?? "the desk answered with status \(response.status.code)")
            }
            return body
        } catch let trouble as Trouble {
            throw trouble
        } catch {
            throw Trouble(
                description:
                    "reach the desk at \(desk): expected an answer, got \(error). Is `kiosk-office serve` running? Else give --desk URL."
            )
        }
    }

    private struct Reason: Decodable { let reason: String }
}

/// What every question to the running office takes.
struct DeskOptions: ParsableArguments {
    @Option(help: "The desk of the running office.")
    var desk = "http://127.0.0.1:8481"

    @Flag(help: "Print the JSON of the desk; amounts are integer fen.")
    var json = false

    /// Prints what the desk says at `path`: as it is, or as `table` shapes it.
    func show<Content: Decodable>(
        _ path: String, as type: Content.Type, _ table: (Content) -> [String]
    ) async throws {
        let bytes = try await DeskClient(desk: desk).get(path)
        let content = try JSONDecoder().decode(type, from: bytes)
        guard !json else { return Output.line(String(decoding: bytes, as: UTF8.self)) }
        for line in table(content) { Output.line(line) }
    }
}

enum Output {
    static func line(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }
}
