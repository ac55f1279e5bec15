internal import KioskModel

/// Phone numbers as the office keeps them: the operator's grammar is the kiosks' affair, here digits suffice.
enum Phones {
    /// The number, or nil unless it is 5 to 20 ASCII digits (E.164 allows 15, plus an international prefix).
    static func read(_ digits: String) -> PhoneNumber? {
        let length = digits.utf8.count
        guard (5...20).contains(length) else { return nil }
        do {
            return try PhoneGrammar(length: length, prefixes: ["0"..."9"]).read(digits)
        } catch {
            return nil
        }
    }
}
