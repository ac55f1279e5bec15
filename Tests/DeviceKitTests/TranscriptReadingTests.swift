import DeviceKit
import Foundation
import KioskModel
import Testing

struct TranscriptReadingTests {
    private func fault(_ text: String) -> String {
        do {
            _ = try Transcript(text: text, file: "x.transcript")
            return "no fault"
        } catch { return "\(error)" }
    }

    @Test func `every kind of line is read, comments are not`() throws {
        let text = """
            # Example Mark One
            profile bill-acceptors/example
            $ poll   # the host
            $ accept 10 0.50
            $ accept none
            > 02 03 ** DA
            < FF  # the device
            = escrowed 10.00 CNY
            ! unrecorded
            ~ 200 ms
            ! unplugged
            ! absent
            $ stack
            $ return
            """

        let transcript = try Transcript(text: text, file: "x.transcript")

        #expect(transcript.profile == "bill-acceptors/example")
        #expect(
            transcript.lines.map(\.content) == [
                .request(nil), .request(.accept([.yuan(10), Money(fen: 50)])),
                .request(.accept([])),
                .toDevice([.known(2), .known(3), .masked, .known(0xDA)]),
                .fromDevice([.known(0xFF)]),
                .event("escrowed 10.00 CNY"), .unrecorded, .silence(.milliseconds(200)), .unplugged,
                .absent, .request(.stack), .request(.returnNote),
            ])
        #expect(transcript.lines.map(\.number).first == 3)
    }

    @Test(arguments: [
        ("", 0, "profile NAME"), ("profile a\n", 0, "lines after it"),
        ("> 02\n", 1, "profile NAME"),
        ("profile a\nprofile b\n= ready true\n", 2, "once"), ("profile a b\n", 1, "once"),
        ("profile a\n>\n", 2, "1 to 512 bytes"), ("profile a\n> 2\n", 2, "hex"),
        ("profile a\n> 0g\n", 2, "hex"), ("profile a\n> ff\n", 2, "capital"),
        ("profile a\n< +1\n", 2, "hex"), ("profile a\n> *1\n", 2, "mask"),
        ("profile a\n> ** **\n", 2, "not masked"), ("profile a\n$ dance\n", 2, "poll"),
        ("profile a\n$ accept\n", 2, "accept"), ("profile a\n$ accept -5\n", 2, "yuan"),
        ("profile a\n$ accept 5 5\n", 2, "once"), ("profile a\n= exploded\n", 2, "an event"),
        ("profile a\n=\n", 2, "an event"), ("profile a\n~ soon\n", 2, "N ms"),
        ("profile a\n~ 0 ms\n", 2, "N ms"), ("profile a\n~ 10 s\n", 2, "N ms"),
        ("profile a\n! fire\n", 2, "unplugged"), ("profile a\n! unrecorded\n", 2, "after an event"),
        ("profile a\nwhat\n", 2, "beginning with"),
    ])
    func `a line that is wrong is refused with file, line and what would be right`(
        _ text: String, _ line: Int, _ says: String
    ) {
        let found = fault(text)

        #expect(found.hasPrefix("x.transcript:\(line): ") && found.contains(says), "\(found)")
    }

    @Test(arguments: ["\u{1B}[2J\0", String(repeating: "w", count: 100_000)])
    func `a fault is one short line, whatever it quotes`(_ word: String) {
        for text in [word, "profile a\n\(word)", "profile a\n$ \(word)", "profile a\n> \(word)"] {
            let found = fault(text)

            #expect(
                found.hasPrefix("x.transcript:") && found.unicodeScalars.count < 300, "\(found)")
            #expect(!found.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `lines may end as they do on Windows`() throws {
        let transcript = try Transcript(text: "profile a\r\n$ poll\r\n", file: "x.transcript")

        #expect(transcript.lines == [.init(number: 2, content: .request(nil))])
    }

    @Test func `a transcript that cannot be read is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/transcript-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data([0x70, 0xFF]).write(to: URL(filePath: folder + "/bytes.transcript"))

        #expect(throws: TranscriptFault.self) { try Transcript.read(file: folder) }
        #expect(throws: TranscriptFault.self) { try Transcript.read(file: folder + "/none") }
        #expect(throws: TranscriptFault.self) {
            try Transcript.read(file: folder + "/bytes.transcript")
        }
    }
}
