internal import Foundation
internal import Hummingbird

/// Why a request was not done: a status for programs, a code and a sentence for people. Nothing changed.
struct Refusal: Error {
    let status: HTTPResponse.Status
    let code: String
    let reason: String
    /// The id of the screen that is shown instead of the one that was answered.
    var shown: Int?
    /// The methods that the path knows.
    var allow: String?

    var response: Response {
        let body = Body(code: code, reason: reason, shown: shown)
        var response = Response.json(body, status: status)
        if let allow { response.headers[.allow] = allow }
        return response
    }

    private struct Body: Encodable {
        let code: String
        let reason: String
        let shown: Int?
    }
}

extension Response {
    /// The value as JSON; keys sorted, so that equal values are equal bytes.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: jsonBytes(of: value))))
    }
}

/// - Precondition: the value is made of texts, whole numbers, arrays and dictionaries, which always encode.
func jsonBytes(of value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return try encoder.encode(value) } catch {
        preconditionFailure("a report does not encode: \(error)")
    }
}

extension InputMessage {
    /// - Throws: `Refusal` 400 that repeats nothing of what was sent: it may be a phone number.
    static func read(_ bytes: Data) throws -> InputMessage {
        do { return try JSONDecoder().decode(InputMessage.self, from: bytes) } catch {
            throw Refusal(
                status: .badRequest, code: "malformed",
                reason: "read input: expected {\"screen\": number} with \"choice\": text or "
                    + "\"fields\": {name: text}, got something else")
        }
    }
}
