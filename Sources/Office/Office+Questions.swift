internal import GRDB
public import KioskModel
public import OfficeProtocol

/// How much one kiosk asked in the running minute.
struct QuestionCount {
    var sinceNs: Int64
    var accounts = 0
    var claims = 0
}

extension Office {
    /// Accounts that one kiosk may ask for in a minute. A visit asks once or twice.
    static let accountsPerMinute = 60
    /// Claims in a minute; more is somebody trying slips.
    static let claimsPerMinute = 20
    /// How long a customer waits for the billing system before the screen says "cannot check now".
    static let accountLimit: Duration = .seconds(4)

    /// Account from the billing system, claim from the books. Never throws: nobody to ask is `.unavailable`.
    public func answer(_ question: Question, from kiosk: KioskID) async -> Answer {
        hear(kiosk)
        let allowed = count(question, from: kiosk)
        switch question {
        case .account(let phone):
            guard allowed, Phones.read(phone.clear) != nil else { return .account(.unavailable) }
            return .account(await account(of: phone))
        case .claim(let slip, let phone):
            return .claim(allowed ? claim(slip, phone, at: kiosk) : .unavailable)
        }
    }

    private func count(_ question: Question, from kiosk: KioskID) -> Bool {
        let now = timekeeper.now.monotonicNs
        var asked = questions[kiosk] ?? QuestionCount(sinceNs: now)
        if now - asked.sinceNs >= 60_000_000_000 { asked = QuestionCount(sinceNs: now) }
        switch question {
        case .account: asked.accounts += 1
        case .claim: asked.claims += 1
        }
        questions[kiosk] = asked
        switch question {
        case .account: return asked.accounts <= Office.accountsPerMinute
        case .claim: return asked.claims <= Office.claimsPerMinute
        }
    }

    private func account(of phone: PhoneNumber) async -> AccountAnswer {
        do throws(BillingFault) {
            return try await ask(within: Office.accountLimit) { [billing] () throws(BillingFault) in
                try await billing.account(of: phone)
            }
        } catch {
            return .unavailable
        }
    }

    /// Slip and number must both fit; whichever is wrong, the answer is the same. Slips are not unique in the fleet: the
    /// asking kiosk's own order comes first, then the newest.
    private func claim(_ slip: SlipNumber, _ phone: PhoneNumber, at kiosk: KioskID) -> ClaimAnswer {
        do throws(Store.Trouble) {
            return try store.read { db in
                let row = try db.row(
                    """
                    SELECT fen, state, committed_at FROM orders WHERE slip = ? AND phone = ?
                    ORDER BY kiosk = ? DESC, place DESC LIMIT 1
                    """, [slip.digits, phone.clear, kiosk.rawValue])
                guard let row else { return .notFound }
                guard let state = OrderState(rawValue: row["state"]) else {
                    preconditionFailure("an order in a state that is not in the model")
                }
                return .found(
                    amount: Money(fen: row["fen"]), state: state,
                    at: WallTime(milliseconds: row["committed_at"]))
            }
        } catch {
            report(error)
            return .unavailable
        }
    }
}
