internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// The running kioskd, asked through its control socket.
struct ControlClient {
    /// A thousand entries and more.
    static let answerBytesMax = 4 * 1024 * 1024
    /// A long journal takes a while to be read again.
    static let patience = TimeAmount.seconds(120)
    static let connectPatience = TimeAmount.seconds(2)

    let socket: String

    /// Why there is no answer, as a sentence.
    struct Unreachable: Error, CustomStringConvertible { let description: String }
    /// kioskd answered, and refused.
    struct Refused: Error, CustomStringConvertible { let description: String }

    /// The JSON at a path.
    ///
    /// - Throws: `Unreachable`, `Refused`.
    func get(_ path: String) async throws -> Data {
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw Unreachable(description: "ask kioskd: \(socket) is not a path of a socket.")
        }
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = ControlClient.connectPatience
        // A socket that refuses now will refuse again; waiting would only look like a hang.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: Result<Data, any Error>
        do { answer = .success(try await exchange(url, by: client)) } catch {
            answer = .failure(error)
        }
        try await client.shutdown()
        return try answer.get()
    }

    private func exchange(_ url: URL, by client: HTTPClient) async throws -> Data {
        let (status, body): (HTTPResponseStatus, Data)
        do {
            let response = try await client.execute(
                HTTPClientRequest(url: url.absoluteString), timeout: ControlClient.patience)
            let bytes = try await response.body.collect(upTo: ControlClient.answerBytesMax)
            (status, body) = (response.status, Data(bytes.readableBytesView))
        } catch {
            throw Unreachable(description: reason(error))
        }
        guard status == .ok else {
            let reason = try? JSONDecoder().decode(Reason.self, from: body).reason
            throw Refused(description: reason ?? "kioskd answered with status \(status.code)")
        }
        return body
    }

    private struct Reason: Decodable { let reason: String }

    private func reason(_ error: any Error) -> String {
        let operation = "ask kioskd on \(socket): expected an answer, got"
        guard let fault = error as? IOError else {
            return
                "\(operation) \(error). See `systemctl status kioskd` and `journalctl -u kioskd`."
        }
        switch fault.errnoCode {
        case ENOENT:
            return "\(operation) no such socket. Start kioskd (`systemctl start kioskd`), or give "
                + "its socket with --control PATH (the key control of its configuration)."
        case EACCES:
            return
                "\(operation) no permission. Run kioskctl as root or as a member of the socket's "
                + "group (`ls -l \(socket)`)."
        case ECONNREFUSED:
            return "\(operation) a refused connection: nobody listens there any more. "
                + "Start kioskd (`systemctl start kioskd`) and look at `journalctl -u kioskd`."
        default:
            return "\(operation) \(String(cString: strerror(fault.errnoCode))). "
                + "See `systemctl status kioskd`."
        }
    }
}
