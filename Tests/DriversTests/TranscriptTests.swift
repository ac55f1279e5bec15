import DeviceKit
import Drivers
import Foundation
import KioskModel
import Testing
import VirtualWorld

/// The one test of every driver: what a unit said, what was asked, and what must follow, one file each.
struct TranscriptTests {
    static let folder = #filePath.replacing("TranscriptTests.swift", with: "transcripts")
    static let devices = #filePath.replacing(
        "Tests/DriversTests/TranscriptTests.swift", with: "devices")

    static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".transcript") }.sorted()

    @Test(arguments: names)
    func `a driver follows its transcript`(_ name: String) throws {
        let transcript = try Transcript.read(file: Self.folder + "/" + name)
        let profiles = try ProfileSet.load(directory: Self.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor(transcript.profile))
        let make = try #require(Drivers.all.billAcceptors[profile.head.driver])

        let scheduler = VirtualScheduler(seed: 1)
        try scheduler.run {
            let link = TranscriptLink(transcript, timekeeper: scheduler)
            try await link.replay(make(profile, link, scheduler))
        }
    }

    @Test func `there are transcripts, and each names its profile in its file name`() throws {
        #expect(Self.names.count >= 20)

        for name in Self.names {
            let transcript = try Transcript.read(file: Self.folder + "/" + name)
            let device = name.split(separator: ".")[0]

            #expect(transcript.profile.hasSuffix("/" + device))
        }
    }

    @Test func `a transcript that is not exhausted fails with its line`() throws {
        let text =
            "profile bill-acceptors/cashcode-sm\n> 02 03 06 37 FE C7\n~ 4000000 ms\n= ready true"
        #expect(throws: TranscriptFault.self) { try Transcript(text: text, file: "long") }
        let transcript = try Transcript(
            text: text.replacing("4000000", with: "400"), file: "x.transcript")

        #expect(throws: TranscriptFault.self) { try Self.replay(transcript) }
    }

    @Test func `an event too many fails, and so does a byte that differs`() throws {
        let good = Self.folder + "/cashcode-sm.a-note-is-stacked.transcript"
        let text = try String(contentsOfFile: good, encoding: .utf8)
        let withoutCredit = text.replacing("= stacked 50.00 CNY\n", with: "")
        let otherAmount = text.replacing("= stacked 50.00 CNY", with: "= stacked 20.00 CNY")
        let otherByte = text.replacing("> 02 03 06 35 EC E4", with: "> 02 03 06 35 EC E5")

        for changed in [withoutCredit, otherAmount, otherByte] {
            #expect(changed != text)
            let transcript = try Transcript(text: changed, file: "changed.transcript")
            #expect(throws: TranscriptFault.self) { try Self.replay(transcript) }
        }
    }

    private static func replay(_ transcript: Transcript) throws {
        let profiles = try ProfileSet.load(directory: devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor(transcript.profile))
        let make = try #require(Drivers.all.billAcceptors[profile.head.driver])
        let scheduler = VirtualScheduler(seed: 1)
        try scheduler.run {
            let link = TranscriptLink(transcript, timekeeper: scheduler)
            try await link.replay(make(profile, link, scheduler))
        }
    }
}
