internal import NIOCore
internal import NIOSSL
internal import OfficeProtocol

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
