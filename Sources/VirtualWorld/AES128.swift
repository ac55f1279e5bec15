/// One block of the Advanced Encryption Standard with a 128-bit key: 16 bytes in, 16 bytes out.
///
/// For the virtual unit only, and not hardened against anybody who measures its time.
/// Source: NIST FIPS 197, clauses 4 and 5.
struct AES128: Sendable {
    static let blockLength = 16
    private static let rounds = 10

    /// Eleven round keys of 16 bytes.
    private let keys: [[UInt8]]

    /// - Parameter key: 16 bytes.
    init(key: [UInt8]) {
        precondition(key.count == Self.blockLength, "AES-128: a key has 16 bytes")
        var words = stride(from: 0, to: 16, by: 4).map { Array(key[$0..<$0 + 4]) }
        var constant: UInt8 = 1
        for index in 4..<4 * (Self.rounds + 1) {
            var word = words[index - 1]
            if index.isMultiple(of: 4) {
                word = [word[1], word[2], word[3], word[0]].map { Self.substitutes[Int($0)] }
                word[0] ^= constant
                constant = Self.double(constant)
            }
            words.append(zip(words[index - 4], word).map { $0 ^ $1 })
        }
        keys = stride(from: 0, to: words.count, by: 4).map { Array(words[$0..<$0 + 4].joined()) }
    }

    func encrypt(_ block: [UInt8]) -> [UInt8] {
        var state = Self.add(block, keys[0])
        for round in 1...Self.rounds {
            state = state.map { Self.substitutes[Int($0)] }
            state = Self.shiftRows(state, by: 1)
            if round < Self.rounds { state = Self.mixColumns(state, [2, 3, 1, 1]) }
            state = Self.add(state, keys[round])
        }
        return state
    }

    func decrypt(_ block: [UInt8]) -> [UInt8] {
        var state = block
        for round in (1...Self.rounds).reversed() {
            state = Self.add(state, keys[round])
            if round < Self.rounds { state = Self.mixColumns(state, [14, 11, 13, 9]) }
            state = Self.shiftRows(state, by: 3)
            state = state.map { Self.originals[Int($0)] }
        }
        return Self.add(state, keys[0])
    }

    // The state is 16 bytes, column by column.

    private static func add(_ state: [UInt8], _ key: [UInt8]) -> [UInt8] {
        precondition(state.count == blockLength, "AES-128: a block has 16 bytes")
        return zip(state, key).map { $0 ^ $1 }
    }

    /// Row n moves by n times so many columns to the left.
    private static func shiftRows(_ state: [UInt8], by step: Int) -> [UInt8] {
        (0..<16).map { state[($0 + 4 * step * ($0 % 4)) % 16] }
    }

    private static func mixColumns(_ state: [UInt8], _ row: [UInt8]) -> [UInt8] {
        (0..<16).map { place in
            let (column, first) = (place / 4 * 4, place % 4)
            return (0..<4).reduce(0) { sum, other in
                sum ^ multiply(row[(other + 4 - first) % 4], state[column + other])
            }
        }
    }

    /// In the field of 256 elements, modulo x^8 + x^4 + x^3 + x + 1.
    private static func double(_ byte: UInt8) -> UInt8 {
        byte & 0x80 == 0 ? byte << 1 : (byte << 1) ^ 0x1B
    }

    private static func multiply(_ one: UInt8, _ other: UInt8) -> UInt8 {
        var (product, factor, left): (UInt8, UInt8, UInt8) = (0, one, other)
        while left != 0 {
            if left & 1 == 1 { product ^= factor }
            factor = double(factor)
            left >>= 1
        }
        return product
    }

    /// The inverse in the field, then an affine map: computed, not copied. Source: FIPS 197, 5.1.1.
    private static let substitutes: [UInt8] = (0...255).map { (byte: UInt8) in
        // byte^254 is the inverse, and 0 for 0.
        let inverse = (0..<253).reduce(byte) { power, _ in multiply(power, byte) }
        return (1...4).reduce(inverse ^ 0x63) { sum, turn in
            sum ^ (inverse << UInt8(turn) | inverse >> UInt8(8 - turn))
        }
    }

    private static let originals: [UInt8] = {
        var originals = [UInt8](repeating: 0, count: 256)
        for (byte, substitute) in substitutes.enumerated() {
            originals[Int(substitute)] = UInt8(byte)
        }
        return originals
    }()
}
