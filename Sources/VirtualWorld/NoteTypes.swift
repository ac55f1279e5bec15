/// The note table of the virtual validator: types 0 to 5 are 1, 5, 10, 20, 50 and 100 yuan, the others are empty.
enum NoteTypes {
    /// Face values in fen by type; 0: an empty entry.
    static let values: [Int64] = [100, 500, 1000, 2000, 5000, 10000]
    /// Entries of the table. Source: CCNET v2.6.0, GET NOTE TABLE.
    static let count = 24

    static func type(of fen: Int64) -> UInt8? { values.firstIndex(of: fen).map { UInt8($0) } }

    /// 24 entries of leading digits, three letters of the country, number of zeros.
    /// Source: CCNET v2.6.0, GET NOTE TABLE.
    static func table(country: String) -> [UInt8] {
        var table: [UInt8] = []
        for type in 0..<count {
            guard type < values.count, values[type] > 0 else {
                table += [0, 0, 0, 0, 0]
                continue
            }
            var (digits, zeros) = (values[type] / 100, UInt8(0))
            while digits >= 10, digits.isMultiple(of: 10) {
                (digits, zeros) = (digits / 10, zeros + 1)
            }
            table += [UInt8(digits)] + Array(country.utf8.prefix(3)) + [zeros]
        }
        return table
    }
}
