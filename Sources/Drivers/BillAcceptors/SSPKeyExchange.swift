/// How host and unit agree on half of a key over an open line (Diffie and Hellman, 64 bits).
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, encryption layer: generator and modulus are primes, the generator the greater.
struct SSPKeyExchange {
    let generator: UInt64
    let modulus: UInt64
    private let exponent: UInt64

    /// - Parameter random: Numbers nobody can foretell; they make the key.
    init(random: () -> UInt64) {
        let first = Self.prime(from: random())
        var second = Self.prime(from: random())
        if second == first { second = Self.prime(from: first + 2) }
        (generator, modulus) = (max(first, second), min(first, second))
        exponent = random() % (modulus - 2) + 2
    }

    /// What the unit is sent.
    var hostKey: UInt64 { Self.power(generator % modulus, exponent, modulus) }

    /// What both know when the unit has answered with its number. Nil for a number that makes the key known to everybody.
    func secret(with unitKey: UInt64) -> UInt64? {
        let unitKey = unitKey % modulus
        return unitKey > 1 && unitKey < modulus - 1
            ? Self.power(unitKey, exponent, modulus) : nil
    }

    static func power(_ base: UInt64, _ exponent: UInt64, _ modulus: UInt64) -> UInt64 {
        var (result, base, exponent) = (1 % modulus, base % modulus, exponent)
        while exponent > 0 {
            if exponent & 1 == 1 { result = product(result, base, modulus) }
            base = product(base, base, modulus)
            exponent >>= 1
        }
        return result
    }

    private static func product(_ left: UInt64, _ right: UInt64, _ modulus: UInt64) -> UInt64 {
        // Both are less than the modulus, so the quotient fits.
        modulus.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }

    /// The first prime of 63 bits at or behind a number; gaps between such primes are below 2000.
    private static func prime(from number: UInt64) -> UInt64 {
        var candidate = (number & (1 << 62 - 1)) | 1 << 62 | 1
        while !isPrime(candidate) { candidate += 2 }
        return candidate
    }

    /// Miller and Rabin; with these bases exact below 2^64.
    /// Source: Sorenson and Webster, Strong pseudoprimes to twelve prime bases, 2017.
    static func isPrime(_ number: UInt64) -> Bool {
        let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
        guard number > 37 else { return bases.contains(number) }
        guard number & 1 == 1 else { return false }
        let twos = (number - 1).trailingZeroBitCount
        return bases.allSatisfy { base in
            var witness = power(base, (number - 1) >> UInt64(twos), number)
            if witness == 1 || witness == number - 1 { return true }
            for _ in 1..<max(twos, 1) {
                witness = product(witness, witness, number)
                if witness == number - 1 { return true }
            }
            return false
        }
    }
}
