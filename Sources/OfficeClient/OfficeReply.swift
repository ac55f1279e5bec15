internal import Foundation
internal import KioskModel
internal import OfficeProtocol

/// A whole answer of the office, or of whatever stands in its place.
struct OfficeReply: Sendable {
    /// The longest pause we take an office's word for; later it may have other reasons.
    static let longestPause: Duration = .seconds(300)
    /// 429 without a readable Retry-After.
    static let usualPause: Duration = .seconds(5)
    /// The longest reason we repeat. Unicode scalars.
    static let reasonMax = 300

    let operation: String
    let status: UInt
    let retryAfter: String?
    let body: Data

    /// What the status says is wrong; nil for 200.
    var fault: OfficeFault? {
        let refusal = try? JSONDecoder().decode(Refusal.self, from: body)
        switch status {
        case 200: return nil
        case 429: return .busy(retryAfter: pause ?? OfficeReply.usualPause)
        case 503: return pause.map { .busy(retryAfter: $0) } ?? unexpected("status 503")
        case 400..<500:
            guard let refusal else { return unexpected("status \(status)") }
            let reason = refusal.reason.clipped(to: OfficeReply.reasonMax)
            switch refusal.code {
            case .forbidden: return .untrusted("\(operation): \(reason)")
            case .busy: return .busy(retryAfter: pause ?? OfficeReply.usualPause)
            case .expected, .badHash, .changed, .malformed, .tooLarge, .mismatch:
                return .refused(Refusal(refusal.code, reason, seq: refusal.seq))
            }
        default: return unexpected("status \(status)")
        }
    }

    func decoded<Message: Decodable>(as type: Message.Type) throws(OfficeFault) -> Message {
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw unexpected("\(body.count) bytes that are none")
        }
    }

    private func unexpected(_ got: String) -> OfficeFault {
        .unreachable("\(operation): expected the office's answer, got \(got). Trying again later.")
    }

    /// Whole seconds only: our office writes no dates. Source: RFC 9110 10.2.3.
    private var pause: Duration? {
        guard let seconds = retryAfter.flatMap({ Int($0) }), seconds >= 0 else { return nil }
        return min(.seconds(seconds), OfficeReply.longestPause)
    }
}
