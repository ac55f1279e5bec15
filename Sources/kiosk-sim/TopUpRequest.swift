internal import KioskModel
internal import VirtualWorld

/// The body of a POST topupBalance, checked. Source: TMF654 v4.0.0, TopupBalance_Create.
struct TopUpRequest {
    let id: String
    let number: PhoneNumber
    let amount: Money

    /// - Throws: what was expected where.
    init(_ bytes: [UInt8]) throws(Trouble) {
        let body: JSONValue
        do { body = try JSONValue(bytes: bytes) } catch { throw Trouble("\(error)") }
        guard case .number(let text)? = body["amount"]?["amount"],
            body["amount"]?["units"]?.string == Money.currency,
            let amount = Money(yuanText: text), amount > .zero
        else {
            throw Trouble(
                "amount: expected a positive number of yuan with at most two decimals, units CNY")
        }
        guard body["usageType"]?.string == "monetary" else {
            throw Trouble("usageType: expected monetary")
        }
        guard let digits = body["bucket"]?["id"]?.string,
            body["partyAccount"]?["id"]?.string == digits,
            body["logicalResource"].map({ $0[0]?["value"]?.string == digits }) ?? true
        else { throw Trouble("bucket, partyAccount, logicalResource: expected the same number") }
        guard let number = try? PhoneGrammar.mainlandMobile.read(digits) else {
            throw Trouble("bucket.id: expected a mainland mobile number")
        }
        guard let id = body["payment"]?[0]?["id"]?.string,
            (1...VirtualBilling.orderLengthMax).contains(id.utf8.count)
        else {
            throw Trouble(
                "payment: expected one id of at most \(VirtualBilling.orderLengthMax) bytes")
        }
        (self.id, self.number, self.amount) = (id, number, amount)
    }
}
