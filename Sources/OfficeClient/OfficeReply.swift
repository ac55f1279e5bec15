internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOSSL
internal import OfficeProtocol

/// A whole answer of the office, or of whatever stands in its place.
struct OfficeReply: Sendable {
    /// The longest pause we take an office's word for; later it may have other reasons.
    static let longestPause: Duration = .seconds(300)
    /// 429 without a readable Retry-After.
    static let usualPause: Duration = .seconds(5)

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
            switch refusal.code {
            case .forbidden: return .untrusted("\(operation): \(refusal.reason)")
            case .busy: return .busy(retryAfter: pause ?? OfficeReply.usualPause)
            case .expected, .badHash, .changed, .malformed, .tooLarge, .mismatch:
                return .refused(refusal)
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

extension OfficeFault {
    /// What a failed exchange means for the kiosk.
    init(_ operation: String, _ error: any Error) {
        switch error {
        case let fault as OfficeFault:
            self = fault
        case let late as DeadlinePassed:
            self = .unreachable(
                "\(operation): expected an answer within \(late.limit), got none. Trying again later."
            )
        case is CancellationError:
            self = .unreachable("\(operation): given up, the program is ending")
        case is NIOTooManyBytesError:
            self = .unreachable(
                "\(operation): expected at most \(HTTPSOffice.answerBytes) bytes, got more. Trying again later."
            )
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self = OfficeFault.tls(operation, error)
        default:
            self = .unreachable("\(operation): no answer: \(error). Trying again later.")
        }
    }

    /// Certificates are a person's business; a connection that broke inside TLS is not.
    ///
    /// In TLS 1.3 the office's refusal arrives with the first read, as an alert, after our handshake has ended.
    /// Source: RFC 8446 section 6.2 names the alerts; BoringSSL ssl_stat and x509 reason names.
    private static func tls(_ operation: String, _ error: any Error) -> OfficeFault {
        let text = String(describing: error)
        let signs = [
            "CERTIFICATE", "UNKNOWN_CA", "ALERT_ACCESS_DENIED", "ALERT_DECRYPT_ERROR",
            "failedToValidateHostname",
            "serverHostnameImpossibleToMatch", "unableToValidateCertificate",
            "noCertificateToValidate",
        ]
        guard signs.contains(where: text.contains) else {
            return .unreachable("\(operation): the secure connection broke: \(text)")
        }
        return .untrusted(
            "\(operation): expected certificates that both sides accept, got \(text). Check certificate, authority and clock."
        )
    }
}
