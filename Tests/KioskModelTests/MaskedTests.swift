import KioskModel
import Testing

/// Personal data cannot print itself.
struct MaskedTests {
    @Test func `a phone number shows its mask to whoever prints it`() throws {
        let phone = try PhoneGrammar.mainlandMobile.read("13800138000")
        let chosen = Entry.numberChosen(session: SessionID(1), phone: phone)
        var dumped = ""
        dump(chosen, to: &dumped)

        let prints = [
            "\(phone)", String(reflecting: phone), "\(Optional(phone) as Any)", "\([phone])",
            "\(chosen)", dumped,
        ]

        for print in prints { #expect(!print.contains("13800138000"), "\(print)") }
        #expect("\(phone)" == "138****8000")
    }

    @Test func `a masked value shows nothing at all`() {
        let name = Masked("张明")
        var dumped = ""
        dump(name, to: &dumped)

        let prints = ["\(name)", String(reflecting: name), "\([name])", dumped]

        for print in prints { #expect(!print.contains("张") && !print.contains("明")) }
    }
}

extension KioskID {
    static let k1 = KioskID(rawValue: "K1") ?? { preconditionFailure("K1 is an id") }()
}
