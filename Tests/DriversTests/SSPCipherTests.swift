import Crypto
import CryptoExtras
import KioskModel
import Testing
import VirtualWorld

@testable import Drivers

struct SSPCipherTests {
    // Source: FIPS 197, appendix C.1.
    @Test func `the cipher is AES with 128 bits`() throws {
        var block: [UInt8] = (0..<16).map { UInt8($0 * 17) }
        let key = SymmetricKey(data: (0..<16).map { UInt8($0) })
        try AES.permute(&block, key: key)

        #expect(
            block == [
                0x69, 0xC4, 0xE0, 0xD8, 0x6A, 0x7B, 0x04, 0x30, 0xD8, 0xCD, 0xB7, 0x80, 0x70, 0xB4,
                0xC5, 0x5A,
            ])
    }

    /// A unit's end, put together from the manual apart from the driver's.
    private func open(_ data: [UInt8], secret: UInt64) throws -> [UInt8] {
        let fixed: [UInt8] = [0x67, 0x45, 0x23, 0x01, 0x67, 0x45, 0x23, 0x01]
        let key = SymmetricKey(data: fixed + withUnsafeBytes(of: secret.littleEndian, Array.init))
        var plain: [UInt8] = []
        for start in stride(from: 1, to: data.count, by: 16) {
            var block = Array(data[start..<start + 16])
            try AES.inversePermute(&block, key: key)
            plain += block
        }
        return plain
    }

    private func seal(_ plain: [UInt8], secret: UInt64) throws -> [UInt8] {
        let fixed: [UInt8] = [0x67, 0x45, 0x23, 0x01, 0x67, 0x45, 0x23, 0x01]
        let key = SymmetricKey(data: fixed + withUnsafeBytes(of: secret.littleEndian, Array.init))
        let crc = SSPFrame.crc(plain)
        var block = plain + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
        try AES.permute(&block, key: key)
        return [0x7E] + block
    }

    @Test func `a packet is length, count, data, padding and checksum in whole blocks`() throws {
        var cipher = SSPCipher(secret: 0x0102_0304_0506_0708)
        _ = cipher.seal([0x07]) { 0xAA }
        let data = cipher.seal([0x02, 0x3F, 0x00]) { 0xAA }

        let plain = try open(data, secret: 0x0102_0304_0506_0708)

        #expect(data.first == 0x7E && data.count == 17)
        #expect(plain.prefix(8) == [3, 1, 0, 0, 0, 0x02, 0x3F, 0x00])
        #expect(plain[8..<14].allSatisfy { $0 == 0xAA })
        let crc = SSPFrame.crc(plain.prefix(14))
        #expect(Array(plain.suffix(2)) == [UInt8(crc & 0xFF), UInt8(crc >> 8)])
        #expect(cipher.seal(Array(repeating: 1, count: 10)) { 0 }.count == 33, "two blocks")
    }

    @Test func `an answer counts on; an old one, a wrong checksum and a wrong key are none`() throws
    {
        var cipher = SSPCipher(secret: 7)
        for _ in 0..<3 { _ = cipher.seal([0x07]) { 0 } }
        func answer(_ count: UInt8, length: UInt8 = 2, secret: UInt64 = 7) throws -> [UInt8] {
            try seal(
                [length, count, 0, 0, 0, 0xF0, 0xE8, 0, 0, 0, 0, 0, 0, 0], secret: secret)
        }

        #expect(cipher.open(try answer(3)) == [0xF0, 0xE8])
        #expect(cipher.open(try answer(2)) == [0xF0, 0xE8])
        for count in [1, 4] as [UInt8] { #expect(cipher.open(try answer(count)) == nil) }
        #expect(cipher.open(try answer(3, length: 10)) == nil, "longer than it is")
        #expect(cipher.open(try answer(3, secret: 8)) == nil)
        #expect(cipher.open([0x7E]) == nil && cipher.open([0xF0]) == nil)
        #expect(cipher.open(try answer(3).dropLast()) == nil)
    }

    @Test func `both sides come to the same secret`() throws {
        var dice = SplitMix64(seed: 3)
        for _ in 0..<20 {
            let host = SSPKeyExchange { dice.next() }
            let (generator, modulus, exponent) = (host.generator, host.modulus, dice.next())
            let unitKey = SSPKeyExchange.power(generator, exponent, modulus)

            #expect(generator > modulus && modulus > 1 << 62)
            #expect(SSPKeyExchange.isPrime(generator) && SSPKeyExchange.isPrime(modulus))
            let secret = try #require(host.secret(with: unitKey))
            #expect(secret == SSPKeyExchange.power(host.hostKey, exponent, modulus))
        }
    }

    @Test func `a unit's number that everybody could have sent makes no key`() {
        let host = SSPKeyExchange { 0x9E37_79B9_7F4A_7C15 }

        #expect(host.generator != host.modulus)
        for number in [0, 1, host.modulus - 1, host.modulus, host.modulus + 1] as [UInt64] {
            #expect(host.secret(with: number) == nil)
        }
    }

    // Source: the list of primes; the last two are the greatest below 2^63 and 2^64.
    @Test func `primes are told from what looks like them`() {
        let primes: [UInt64] = [
            2, 37, 41, 97, 9_223_372_036_854_775_783, 18_446_744_073_709_551_557,
        ]
        let others: [UInt64] = [0, 1, 4, 39, 561, 3_215_031_751, 3_825_123_056_546_413_051]

        #expect(primes.allSatisfy(SSPKeyExchange.isPrime))
        #expect(!others.contains(where: SSPKeyExchange.isPrime))
    }
}
