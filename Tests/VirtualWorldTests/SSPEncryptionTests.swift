import Testing

@testable import VirtualWorld

/// eSSP by the manual. The host's end seals by the block cipher of the standard's vectors and by nothing else of the unit.
/// Source: ITL GA138 2.2.2, encryption layer, encryption keys.
struct SSPEncryptionTests {
    /// A host that has agreed upon a key: 3 and 5 to small powers, so that a test can check them by hand.
    final class Host {
        let bench = SSPBench()
        var key: AES128?
        var count: UInt32 = 0

        /// Generator 982451653, modulus 1287821: the manual's primes. The host's secret is 7.
        func agree() throws {
            bench.command(0x4A, 0xC5, 0x05, 0x8F, 0x3A, 0, 0, 0, 0)
            bench.command(0x4B, 0x8D, 0xA6, 0x13, 0, 0, 0, 0, 0)
            let mine = power(982_451_653, 7)
            bench.sequence.toggle()
            let answer = bench.again([0x4C] + little(mine, 8))
            #expect(answer.count == 9 && answer[0] == 0xF0)
            let theirs = answer.dropFirst().reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            key = AES128(
                key: [0x67, 0x45, 0x23, 0x01, 0x67, 0x45, 0x23, 0x01] + little(power(theirs, 7), 8))
            count = 0
        }

        func seal(_ data: [UInt8], count: UInt32) -> [UInt8] {
            var plain = [UInt8(data.count)] + little(UInt64(count), 4) + data
            while (plain.count + 2) % 16 != 0 { plain.append(0xA5) }
            let sum = SSPBench.check(plain)
            plain += [UInt8(sum & 0xFF), UInt8(sum >> 8)]
            return [0x7E]
                + stride(from: 0, to: plain.count, by: 16).flatMap {
                    key?.encrypt(Array(plain[$0..<$0 + 16])) ?? []
                }
        }

        /// Sends encrypted, reads encrypted; what comes in clear is marked by nil.
        func command(_ data: UInt8...) -> [UInt8]? {
            bench.sequence.toggle()
            let answer = bench.again(seal(data, count: count))
            count += 1
            return open(answer)
        }

        func open(_ answer: [UInt8]) -> [UInt8]? {
            guard answer.first == 0x7E, let key else { return nil }
            let blocks = Array(answer.dropFirst())
            let plain = stride(from: 0, to: blocks.count, by: 16).flatMap {
                key.decrypt(Array(blocks[$0..<$0 + 16]))
            }
            #expect(SSPBench.check(plain) == 0 || SSPBench.check(plain.dropLast(2)) == check(plain))
            #expect(Array(plain[1...4]) == little(UInt64(count), 4), "the answer counts one more")
            return Array(plain[5..<5 + Int(plain[0])])
        }

        private func check(_ plain: [UInt8]) -> UInt16 {
            UInt16(plain[plain.count - 2]) | UInt16(plain[plain.count - 1]) << 8
        }

        private func power(_ base: UInt64, _ exponent: Int) -> UInt64 {
            (0..<exponent).reduce(1) { power, _ in power * (base % 1_287_821) % 1_287_821 }
        }

        func little(_ number: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
    }

    private func agreed() throws -> Host {
        let host = Host()
        host.bench.enable()
        try host.agree()
        return host
    }

    @Test func `after the exchange commands and answers are encrypted and counted`() throws {
        let host = try agreed()

        #expect(host.command(0x0C) == [0xF0, 0x00, 0x1C, 0x96, 0x2C])
        #expect(host.command(0x05)?.count == 71, "more than one block")
        #expect(host.command(0x07) == [0xF0])
    }

    @Test func `a number that is no prime is refused, and an exchange without primes fails`() {
        let bench = SSPBench()
        bench.enable()

        #expect(bench.command(0x4C, 1, 0, 0, 0, 0, 0, 0, 0) == [0xF8])
        #expect(bench.command(0x4A, 0xC4, 0x05, 0x8F, 0x3A, 0, 0, 0, 0) == [0xF4])
        // The greatest prime below 2^64, and the odd number above it.
        #expect(bench.command(0x4B, 0xC5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) == [0xF0])
        #expect(bench.command(0x4B, 0xC7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) == [0xF4])
    }

    @Test func `without a key an encrypted command is answered with FA`() throws {
        let host = try agreed()
        try host.bench.say("power cut")
        try host.bench.say("power restore")
        host.bench.wait(3000)

        host.bench.sequence.toggle()
        #expect(host.bench.again(host.seal([0x07], count: 0)) == [0xFA])
        try host.agree()
        #expect(host.command(0x07) == [0xF0, 0xF1, 0xE8])
    }

    @Test func `RESET is answered by the key that it then takes away`() throws {
        let host = try agreed()

        #expect(host.command(0x01) == [0xF0])
        host.bench.sequence.toggle()
        #expect(host.bench.again(host.seal([0x07], count: 1)) == [0xFA])
    }

    @Test func `a wrong count is thrown away`() throws {
        let host = try agreed()
        host.bench.sequence.toggle()

        #expect(host.bench.again(host.seal([0x0C], count: 1)).isEmpty)

        #expect(host.bench.again(host.seal([0x0C], count: 0)).first == 0x7E)
    }

    @Test func `a packet by another key puts the unit out of service until RESET`() throws {
        let host = try agreed()
        let key = host.key
        host.key = AES128(key: [UInt8](repeating: 7, count: 16))
        host.bench.sequence.toggle()
        #expect(host.bench.again(host.seal([0x0A], count: 0)).isEmpty)
        // What was thrown away was not heard: the flag is still to come.
        host.bench.sequence.toggle()
        host.key = key

        #expect(host.command(0x07) == [0xF0, 0xE8])
        #expect(host.command(0x0A) == [0xF5])
        #expect(host.command(0x01) == [0xF0])
        host.bench.wait(3000)
        #expect(host.bench.command(0x0A) == [0xF0])
    }

    @Test func `POLL WITH ACK repeats a credit, and takes no note, until it is acknowledged`()
        throws
    {
        let host = try agreed()
        try host.bench.say("notes 50 20")
        host.bench.wait(1500)
        #expect(host.command(0x56) == [0xF0, 0xEF, 5])
        #expect(host.command(0x56) == [0xF0, 0xCC])
        host.bench.wait(1500)

        for _ in 0..<5 {
            #expect(host.command(0x56) == [0xF0, 0xEE, 5, 0xEB])
            host.bench.wait(1000)
        }
        #expect(host.bench.truth.atSlot == [2000])
        #expect(host.command(0x57) == [0xF0])
        #expect(host.command(0x57) == [0xF5])
        #expect(host.command(0x56) == [0xF0])
    }

    @Test func `what must be encrypted is refused in clear, with and without a key`() throws {
        let bench = SSPBench()
        bench.enable()
        #expect(bench.command(0x56) == [0xFA])
        let host = try agreed()

        #expect(host.bench.command(0x56) == [0xF5])
        #expect(host.bench.command(0x57) == [0xF5])
    }

    @Test func `a credit asked for in clear is told encrypted`() throws {
        let host = try agreed()
        try host.bench.say("notes 50")
        host.bench.wait(1500)
        #expect(host.bench.poll() == [0xF0, 0xEF, 5])
        #expect(host.bench.poll() == [0xF0, 0xCC])
        host.bench.wait(1500)

        #expect(host.open(host.bench.poll()) == [0xF0, 0xEE, 5, 0xEB])
        #expect(host.bench.poll() == [0xF0])
    }

    @Test func `a new fixed key holds from the next exchange on, over a power cut`() throws {
        let host = try agreed()
        #expect(host.command(0x60, 1, 2, 3, 4, 5, 6, 7, 8) == [0xF0])
        #expect(host.command(0x07) == [0xF0], "the key in use stays")
        try host.bench.say("power cut")
        try host.bench.say("power restore")
        host.bench.wait(3000)
        try host.agree()

        host.bench.sequence.toggle()
        #expect(host.bench.again(host.seal([0x07], count: 0)).isEmpty)
    }

    @Test func `while it initializes, POLL WITH ACK says so`() throws {
        let host = Host()
        host.bench.wait(600)
        host.bench.sync()
        try host.agree()

        #expect(host.command(0x56) == [0xF0, 0xB6, 0xE8])
    }
}
