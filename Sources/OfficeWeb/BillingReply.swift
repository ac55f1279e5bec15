internal import KioskModel
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
        return BillingReply.shown("\(code): \(reason)")
    }

    /// The billing system's words as the desk may show them: bounded, and runs of nine digits or more, which may be a
    /// customer's number, masked.
    static func shown(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var rest = text.clipped(to: textMax).unicodeScalars[...]
        while let first = rest.first {
            // Scalars, not characters: a digit with an accent is a digit to whoever reads a number.
            let digits = rest.prefix { ("0"..."9").contains($0) }
            if digits.count >= 9 {
                result +=
                    Array(digits.prefix(3)) + Array("****".unicodeScalars)
                    + Array(digits.suffix(4))
            } else {
                result += digits.isEmpty ? [first] : Array(digits)
            }
            rest = rest.dropFirst(max(1, digits.count))
        }
        return String(result)
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
        let reason = BillingReply.shown(json["reason"]?.text ?? status)
        switch status {
        case "completed": answer = .completed(reference: id.clipped(to: BillingReply.textMax))
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

    /// True when it says that it is this payment's.
    func names(_ order: OrderID) -> Bool { payments == [order.text] }

    /// False when it names another payment.
    func belongs(to order: OrderID) -> Bool { payments.isEmpty || payments == [order.text] }
}
