internal import AsyncHTTPClient
internal import KioskModel
internal import NIOPosix
internal import NIOSSL
internal import Office

/// What the billing system said, whole.
struct BillingReply: Sendable {
    /// The longest name or reason taken over from the billing system.
    static let textMax = 200

    let operation: String
    let status: UInt
    /// Nil when the body is not JSON.
    let json: JSONText?

    /// 206 is a partial list. Source: TMF630 REST API Design Guidelines v4.0.1, pagination.
    var isFound: Bool { status == 200 || status == 206 }

    /// The reason of a clear no. Who asked wrongly, too often or too early was not refused the top-up itself.
    var refusal: String? {
        guard (400..<500).contains(status), ![401, 403, 408, 409, 425, 429].contains(status),
            let code = json?["code"]?.text, let reason = json?["reason"]?.text
        else { return nil }
        return String("\(code): \(reason)".prefix(BillingReply.textMax))
    }

    var unclear: BillingFault {
        .unknown(
            "\(operation): expected an answer of TMF654, got status \(status)"
                + (json == nil ? " without JSON" : " with other content"))
    }
}

/// The part of a TopupBalance that decides.
struct TopUp: Sendable {
    let answer: PostingAnswer
    /// Nil when the answer does not repeat it.
    let amount: Money?
    /// Empty when the answer does not repeat them.
    private let payments: [String]

    /// Nil when it is none. Source: TMF654 v4.0.0, TopupBalance.status: created, failed, cancelled, completed.
    init?(_ json: JSONText?) {
        guard let json, let id = json["id"]?.text, let status = json["status"]?.text else {
            return nil
        }
        let reason = String((json["reason"]?.text ?? status).prefix(BillingReply.textMax))
        switch status {
        case "completed": answer = .completed(reference: String(id.prefix(BillingReply.textMax)))
        case "failed", "cancelled": answer = .refused(reason: reason)
        case "created": answer = .inProgress
        default: return nil
        }
        if let repeated = json["amount"]?["amount"] {
            guard let money = repeated.yuan else { return nil }
            amount = money
        } else {
            amount = nil
        }
        payments = (json["payment"]?.items ?? []).compactMap { $0["id"]?.text }
    }

    /// False when it names another payment.
    func belongs(to order: OrderID) -> Bool { payments.isEmpty || payments == [order.text] }
}

extension BillingFault {
    /// Only what failed before a connection stood is surely not sent.
    init(_ operation: String, _ error: any Error) {
        switch error {
        case let fault as BillingFault:
            self = fault
        case is NIOConnectionError:
            self = .notSent("\(operation): no connection to the billing system")
        case let error as HTTPClientError where error == .connectTimeout:
            self = .notSent("\(operation): no connection to the billing system in time")
        case let error as NIOSSLError:
            if case .handshakeFailed(let reason) = error {
                self = .notSent(
                    "\(operation): no secure connection to the billing system: \(reason)")
            } else {
                self = .unknown("\(operation): the secure connection broke: \(error)")
            }
        case let late as DeadlinePassed:
            self = .unknown("\(operation): no answer within \(late.limit)")
        default:
            self = .unknown("\(operation): no whole answer: \(error)")
        }
    }
}
