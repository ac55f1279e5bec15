internal import AsyncHTTPClient
internal import Machine
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import VirtualWorld

/// The kiosk's screen as a customer's eyes see it: whatever is shown now, again after the kiosk was away.
final class ScreenFeed: Sendable {
    /// One thing shown. `connection` tells screens of different lives of the kiosk apart.
    struct Shown: Sendable {
        let connection: Int
        let json: JSONValue

        var id: Int64 { json["id"]?.integer ?? 0 }
        var name: String { json["name"]?.string ?? "" }
        var amountFen: Int64? { json["amount"]?.integer }
        var bodyKeys: [String] { json["body"]?.items.compactMap { $0["key"]?.string } ?? [] }
        var facts: [(label: String, value: String)] {
            json["facts"]?.items.map {
                ($0["label"]?["key"]?.string ?? "", $0["value"]?.string ?? "")
            } ?? []
        }

        /// Nil: there is no such choice. Else why it cannot be chosen, "" when it can.
        func hindrance(of choice: String) -> String? {
            guard
                let found = json["choices"]?.items.first(where: { $0["id"]?.string == choice })
            else { return nil }
            return found["unavailable"]?["key"]?.string ?? ""
        }

        func offers(_ choice: String) -> Bool { hindrance(of: choice) == "" }
    }

    private struct Sight {
        var shown: Shown?
        var connections = 0
    }

    /// Bytes of one event; a screen has a few thousand.
    private static let eventMax = 256 * 1024
    private static let answerMax = 16 * 1024
    private static let reconnectAfter = Duration.milliseconds(200)

    private let url: String
    private let client: HTTPClient
    private let sight = Mutex(Sight())

    init(url: String) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        var settings = HTTPClient.Configuration(
            timeout: .init(connect: .seconds(2), read: .seconds(40)))
        settings.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Nil while the screen is dark.
    var shown: Shown? { sight.withLock { $0.shown } }

    /// Watches until cancelled, connecting again whenever the kiosk went away.
    func watch() async {
        while !Task.isCancelled {
            do { try await connect() } catch {}
            sight.withLock { $0.shown = nil }
            do { try await MachineTime().sleep(for: Self.reconnectAfter) } catch { return }
        }
    }

    func end() async { try? await client.shutdown() }

    private func connect() async throws {
        let response = try await client.execute(
            HTTPClientRequest(url: url + "/screen"), deadline: .distantFuture)
        guard response.status == .ok else { return }
        let connection = sight.withLock { sight in
            sight.connections += 1
            return sight.connections
        }
        var line: [UInt8] = []
        var data = ""
        for try await chunk in response.body {
            for byte in chunk.readableBytesView {
                guard byte == 0x0A else {
                    line.append(byte)
                    guard line.count <= Self.eventMax else { return }
                    continue
                }
                hear(String(decoding: line, as: UTF8.self), &data, connection)
                line = []
            }
        }
    }

    /// One line of the stream. Source: WHATWG HTML, server-sent events, 9.2.6.
    private func hear(_ line: String, _ data: inout String, _ connection: Int) {
        if line.isEmpty {
            if let json = try? JSONValue(data) {
                sight.withLock { $0.shown = Shown(connection: connection, json: json) }
            }
            data = ""
        } else if line.hasPrefix("data:") {
            data += line.dropFirst(5).drop { $0 == " " }
        }
    }

    /// The status of the answer; nil when none came: it may or may not have arrived.
    func post(_ input: JSONValue) async -> (status: UInt, reason: String)? {
        var request = HTTPClientRequest(url: url + "/screen")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(ByteBuffer(string: input.text))
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            let body = try await response.body.collect(upTo: Self.answerMax)
            let json = try? JSONValue(bytes: body.readableBytesView)
            return (response.status.code, json?["reason"]?.string ?? "")
        } catch {
            return nil
        }
    }
}
