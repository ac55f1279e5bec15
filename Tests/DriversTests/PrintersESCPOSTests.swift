import DeviceKit
import KioskModel
import Testing

@testable import Drivers

/// Bytes as the command reference has them, written by hand.
struct PrintersESCPOSTests {
    @Test func `a small receipt becomes the bytes of the command reference`() {
        let document = PrintDocument([
            .text("收据", .init(.center, bold: true, scale: 2)),
            .pair("金额", "\u{A5}70.00", .init()),
            .rule, .feed(2),
            .text("OK", .init(.right)),
        ])

        let bytes = ESCPOSEncoder(profile: printer(columns: 20)).bytes(of: document)

        var expected: [UInt8] = [0x1B, 0x40, 0x1C, 0x26]
        expected += [0x1B, 0x61, 1, 0x1B, 0x45, 1, 0x1D, 0x21, 0x11]
        expected += [0xCA, 0xD5, 0xBE, 0xDD, 0x0A]
        expected += [0x1B, 0x61, 0, 0x1B, 0x45, 0, 0x1D, 0x21, 0x00, 0xBD, 0xF0, 0xB6, 0xEE]
        expected += [UInt8](repeating: 0x20, count: 9) + [0xA3, 0xA4] + Array("70.00\n".utf8)
        expected += [UInt8](repeating: 0x2D, count: 20) + [0x0A, 0x1B, 0x64, 2]
        expected += [0x1B, 0x61, 2] + Array("OK\n".utf8) + [0x1D, 0x56, 0x42, 0x00]
        #expect(bytes == expected)
    }

    @Test func `a printer without a cutter feeds the receipt to the edge`() {
        let bytes = ESCPOSEncoder(profile: printer(columns: 32, cuts: false))
            .bytes(of: PrintDocument([.text("a", .init())]))

        #expect(bytes == [0x1B, 0x40, 0x1C, 0x26, 0x61, 0x0A, 0x1B, 0x64, 5])
    }

    @Test(arguments: 0..<0xA0 as Range<UInt32>)
    func `no control character of a text reaches the printer`(code: UInt32) throws {
        let character = Character(try #require(Unicode.Scalar(code)))
        let control = code < 0x20 || code >= 0x7F
        let blank = code == 0x09 || code == 0x0A || code == 0x0D
        let name = String(["A", character, "B"])

        let bytes = ESCPOSEncoder(profile: printer(columns: 32))
            .bytes(of: PrintDocument([.text(name, .init())]))

        let line = Array(bytes.dropFirst(4).prefix { $0 != 0x0A })
        #expect(line == Array((blank ? "A B" : control ? "AB" : name).utf8))
        #expect(bytes.suffix(5) == [0x0A, 0x1D, 0x56, 0x42, 0x00])
    }

    @Test func `a name that spells a cut and a reset is printed, not obeyed`() {
        let name = "Hall \u{1D}V\u{42}\u{00}\u{1B}@\u{10}\u{04}\u{01}\u{202E}\u{2028}end"

        let bytes = ESCPOSEncoder(profile: printer(columns: 32))
            .bytes(of: PrintDocument([.pair("Site", name, .init())]))

        let line = bytes.dropFirst(4).dropLast(4)
        #expect(Array(line) == Array("Site                 Hall VB@end\n".utf8))
    }

    @Test func `a character that printers lack takes its two columns all the same`() {
        let bytes = ESCPOSEncoder(profile: printer(columns: 16))
            .bytes(of: PrintDocument([.pair("𠮷🙂", "元", .init())]))

        let missing: [UInt8] = [0xA1, 0xFE]
        let line = missing + missing + [UInt8](repeating: 0x20, count: 10) + [0xD4, 0xAA, 0x0A]
        #expect(Array(bytes.dropFirst(4).dropLast(4)) == line)
    }

    @Test func `a printer without Chinese is never sent a byte of it`() {
        let bytes = ESCPOSEncoder(profile: printer(columns: 32, chinese: false))
            .bytes(of: PrintDocument([.text("元 9.90", .init())]))

        #expect(Array(bytes) == [0x1B, 0x40] + Array("?? 9.90\n".utf8) + [0x1D, 0x56, 0x42, 0x00])
    }

    @Test func `the driver is found by its profile's name`() {
        #expect(Drivers.all.printers.keys.sorted() == ["escpos"])
        #expect(Drivers.all.quirks["escpos"] == [])
    }

    private static let reasons: [([String], Set<PrinterCondition>)] = [
        (["media-empty-error"], [.mediaEmpty]),
        (["media-empty-warning", "media-low-warning"], [.mediaEmpty, .mediaLow]),
        (["media-needed"], [.mediaEmpty]), (["media-jam-error"], [.mediaJam]),
        (["cover-open-report"], [.coverOpen]), (["door-open-error"], [.coverOpen]),
        (["offline-report"], [.offline]), (["paused"], [.stopped]),
        (["connecting-to-device"], []), (["cups-missing-filter-warning"], []),
        (["cutter-broken-error"], [.stopped]), ([], []),
    ]

    @Test(arguments: reasons)
    func `reasons of the queue become conditions`(
        reasons: [String], expected: Set<PrinterCondition>
    ) {
        let queue = PrintQueueState(state: .idle, reasons: reasons, message: "", acceptsJobs: true)

        #expect(queue.conditions == expected)
    }

    @Test func `a queue that is stopped or refuses jobs prints nothing`() {
        let stopped = PrintQueueState(state: .stopped, reasons: [], message: "", acceptsJobs: true)
        let refusing = PrintQueueState(state: .idle, reasons: [], message: "", acceptsJobs: false)

        #expect(stopped.conditions == [.stopped])
        #expect(refusing.conditions == [.stopped])
    }

    @Test func `a backend's complaint counts only while it works`() {
        let message = "The printer may not exist or is unavailable at this time."
        var queue = PrintQueueState(
            state: .processing, reasons: [], message: message, acceptsJobs: true)
        #expect(queue.conditions == [.offline])

        queue.state = .idle

        #expect(queue.conditions == [])
    }

    private func printer(columns: Int, chinese: Bool = true, cuts: Bool = true) -> PrinterProfile {
        PrinterProfile(
            head: ProfileHead(
                name: "printers/test", driver: "escpos", make: "Test", model: "Test",
                status: .shouldWork, quirks: []),
            columns: columns, chinese: chinese, cuts: cuts, jobTimeout: .seconds(5),
            pollInterval: .milliseconds(50))
    }
}
