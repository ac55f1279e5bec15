internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import OfficeProtocol

/// What is wrong with a request before anyone looks at its content.
enum HTTPFault: Error {
    case none
    case only(HTTPRequest.Method)
    case slow

    var response: Response {
        switch self {
        case .none:
            return .json(Refusal(.malformed, "expected a path of this API, got another"), .notFound)
        case .only(let method):
            var response = Response.json(
                Refusal(.malformed, "expected \(method), got another method"), .methodNotAllowed)
            response.headers[.allow] = method.rawValue
            return response
        case .slow:
            return .json(
                Refusal(.malformed, "expected the whole body in time, got a part"),
                .requestTimeout)
        }
    }
}

extension Refusal {
    /// The status that `Refusal.Code` documents, and `Retry-After` where it belongs.
    var response: Response {
        let status: HTTPResponse.Status =
            switch code {
            case .expected, .changed: .conflict
            case .badHash, .malformed: .badRequest
            case .tooLarge: .contentTooLarge
            case .mismatch: .unprocessableContent
            case .forbidden: .forbidden
            case .busy: .serviceUnavailable
            }
        var response = Response.json(self, status)
        if code == .busy { response.headers[.retryAfter] = "\(retryAfterSeconds)" }
        return response
    }

    /// Whole seconds, rounded up: nobody comes before the moment that is theirs. Source: RFC 9110 10.2.3.
    var retryAfterSeconds: Int {
        retryAfterMs.map { max(1, ($0 + 999) / 1000) } ?? GatewayRoutes.busySeconds
    }
}

extension Response {
    /// Compact JSON with sorted keys, never cached.
    static func json(_ message: some Encodable, _ status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(message) else {
            preconditionFailure("\(type(of: message)) does not encode as JSON")
        }
        return Response(
            status: status,
            headers: [
                .contentType: "application/json;charset=utf-8", .cacheControl: "no-store",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPFields {
    /// The value of a field that has no name of its own in the library; nil when it is missing or comes twice.
    func only(_ name: String) -> String? {
        let values = filter { $0.name.canonicalName == name }.map(\.value)
        return values.count == 1 ? values.first : nil
    }
}
