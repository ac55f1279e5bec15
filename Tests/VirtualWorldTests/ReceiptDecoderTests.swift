import Testing
import VirtualWorld

/// Bytes by hand, from the command reference.
struct ReceiptDecoderTests {
    @Test func `a bold wide centred Chinese title, a plain line and a cut`() {
        let receipt = ReceiptDecoder.decode(
            [0x1B, 0x40, 0x1B, 0x61, 0x01, 0x1B, 0x45, 0x01, 0x1D, 0x21, 0x11, 0x1C, 0x26]
                + [0xB3, 0xE4, 0xD6, 0xB5, 0x0A]  // 充值
                + [0x1C, 0x2E, 0x1D, 0x21, 0x00, 0x1B, 0x45, 0x00, 0x1B, 0x61, 0x00]
                + Array("Total 70.00".utf8) + [0x0A, 0x1D, 0x56, 0x42, 0x00])

        #expect(
            receipt.pieces == [
                .line(.init(.center, [.init("充值", bold: true, width: 2, height: 2)])),
                .line(.init(.left, [.init("Total 70.00")])),
                .cut,
            ])
        #expect(receipt.problems.isEmpty)
    }

    @Test func `GB18030 of two and four bytes, with ASCII between`() {
        let receipt = ReceiptDecoder.decode(
            [0x1C, 0x26, 0xA3, 0xA4, 0x37, 0x30, 0xD4, 0xAA, 0x81, 0x30, 0x84, 0x36, 0x0A])

        #expect(receipt.texts == ["￥70元¥"])
    }

    @Test func `a QR code, an image and silent commands`() {
        let receipt = ReceiptDecoder.decode(
            [0x10, 0x04, 0x01, 0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00]
                + [0x1D, 0x28, 0x6B, 0x05, 0x00, 0x31, 0x50, 0x30, 0x41, 0x42]
                + [0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30]
                + [0x1D, 0x76, 0x30, 0x00, 0x02, 0x00, 0x01, 0x00, 0x0A, 0x1B]
                + [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, 0x20, 0x20, 0x20, 0x20])

        #expect(receipt.pieces == [.qrCode("AB"), .image(width: 16, height: 1)])
        #expect(receipt.problems.isEmpty)
    }

    @Test func `feeding gives empty lines after the line that waits`() {
        let receipt = ReceiptDecoder.decode(Array("a".utf8) + [0x1B, 0x64, 0x02])

        #expect(receipt.texts == ["a", "", ""])
    }

    @Test(
        arguments: [
            ([0x1B, 0x7A], "unknown command 1B 7A"),
            ([0x1B], "ends within a command"),
            ([0x1D, 0x28, 0x6B, 0xFF, 0x00, 0x31], "ends within a command's data"),
            ([0x07], "control byte 07"),
            ([0xB3, 0xE4, 0x0A], "outside of Chinese mode"),
            ([0x1C, 0x26, 0xB3, 0x0A], "not GB18030"),
            ([0x61], "without a line feed"),
            ([0x61, 0x1B, 0x61, 0x01, 0x0A], "only at a line's beginning"),
        ] as [([UInt8], String)])
    func `what a printer would not understand is reported`(bytes: [UInt8], problem: String) {
        let receipt = ReceiptDecoder.decode(bytes)

        #expect(receipt.problems.contains { $0.contains(problem) }, "\(receipt.problems)")
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `any bytes are survived`(seed: UInt64) {
        var dice = SplitMix64(seed: seed)
        let openers: [UInt8] = [0x1B, 0x1C, 0x1D, 0x10, 0x28, 0x6B, 0x76, 0x30]
        let bytes = (0..<400).map { _ in
            dice.happens(0.3) ? openers[dice.below(openers.count)] : UInt8(dice.below(256))
        }

        let receipt = ReceiptDecoder.decode(bytes)

        #expect(receipt.pieces.count + receipt.problems.count < 30_000)
    }

    @Test func `the picture centres by columns, Chinese counting two`() {
        let receipt = ReceiptDecoder.decode(
            [0x1B, 0x61, 0x01, 0x1C, 0x26, 0xB3, 0xE4, 0xD6, 0xB5, 0x0A, 0x1D, 0x56, 0x00])

        #expect(receipt.picture(columns: 10) == "   充值\n8<--------")
    }

    @Test func `a few bytes cannot ask for endless paper`() {
        let receipt = ReceiptDecoder.decode(
            Array(repeating: [0x1B, 0x64, 0xFF], count: 10_000).flatMap { $0 })

        #expect(receipt.pieces.count <= 5000)
        #expect(receipt.problems.first?.contains("more paper") == true)
    }
}
