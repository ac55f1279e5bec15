internal import KioskFlows
internal import KioskModel
internal import VirtualWorld

/// A short story with a name, for cutting the power at every one of its moments. It may end early when something is in its
/// way: what is checked is the money, not the story.
public struct Incident: Sendable {
    public let name: String
    let happen: @Sendable (World) async throws -> Void

    init(_ name: String, _ happen: @escaping @Sendable (World) async throws -> Void) {
        (self.name, self.happen) = (name, happen)
    }

    public static let all: [Incident] = [notes, changes, unit, office, machine].flatMap(\.self)

    /// Inserts, finishes, and waits for the outcome.
    private static func pay(_ notes: [Int], in world: World) async throws {
        try await world.startTopUp()
        for note in notes { try await world.insert(note) }
        try await world.touch("finish")
        try await world.see(.outcome, within: .seconds(30))
    }

    /// With something wrong while one note goes in.
    private static func during(_ words: String, _ note: Int = 50)
        -> @Sendable (World) async throws -> Void
    {
        { world in
            try await world.startTopUp()
            try await world.unit(words)
            try await world.offer([note])
            try await world.advance(.seconds(8))
            try await world.unit("clear all")
            try await world.advance(.seconds(5))
            try await world.touch("finish")
        }
    }

    public static let notes: [Incident] =
        [10, 20, 50, 100].map { face in
            Incident("one note of \(face)") { try await pay([face], in: $0) }
        } + [
            Incident("three notes") { try await pay([10, 50, 20], in: $0) },
            Incident("two notes held to the slot at once") { world in
                try await world.startTopUp()
                try await world.insert(50, 20)
                try await world.touch("finish")
                try await world.see(.outcome, within: .seconds(30))
            },
            Incident("a note too small") { world in
                try await world.startTopUp()
                try await world.insert(5)
                try await world.insert(10)
                try await world.touch("finish")
            },
            Incident("a note over the maximum") {
                try await pay([100, 100, 100, 100, 50, 100], in: $0)
            },
            Incident("two customers, one after the other") { world in
                try await pay([20], in: world)
                for choice in ["done", "skip", "done"] { try? await world.touch(choice) }
                try await world.see(.attract, within: .seconds(90))
                try await pay([50], in: world)
            },
        ]

    public static let changes: [Incident] = [
        Incident("cancels before a note") { world in
            try await world.startTopUp()
            try await world.touch("quit")
        },
        Incident("cancels while a note comes in") { world in
            try await world.startTopUp()
            try await world.offer([50])
            try await world.advance(.milliseconds(600))
            try await world.touch("quit")
            try await world.advance(.seconds(5))
        },
        Incident("finishes while a note is moving") { world in
            try await world.startTopUp()
            try await world.insert(10)
            try await world.offer([50])
            try await world.advance(.milliseconds(1500))
            try await world.touch("finish")
            try await world.see(.outcome, within: .seconds(30))
        },
        Incident("walks away with money in") { world in
            try await world.startTopUp()
            try await world.insert(20)
            try await world.see(.attract, within: .seconds(240))
        },
        Incident("walks away with nothing in") { world in
            try await world.startTopUp()
            try await world.see(.attract, within: .seconds(240))
        },
        Incident("wants two more receipts") { world in
            try await pay([20], in: world)
            for _ in 0..<2 {
                try await world.advance(.seconds(4))
                try await world.touch("copy")
            }
            try await world.advance(.seconds(4))
            try await world.touch("done")
        },
        Incident("rates the visit") { world in
            try await pay([20], in: world)
            for choice in ["done", "5", "done"] {
                try await world.advance(.seconds(1))
                try await world.touch(choice)
            }
        },
    ]

    public static let unit: [Incident] =
        [
            "jam-validator next", "jam-stacker", "cheat", "pause next", "reject", "failure 54 next",
            "strange-note", "silence", "lost-ack 3 at 81", "lost-reply 3 at 80", "duplicate 4",
            "corrupt 3", "late-reply 2 at 17",
        ].map { words in Incident("the unit: \(words)", during("fault \(words)")) } + [
            Incident("the cassette is taken out and put in") { world in
                try await world.startTopUp()
                try await world.insert(50)
                try await world.unit("cassette remove")
                try await world.advance(.seconds(3))
                try await world.unit("cassette insert")
                try await world.advance(.seconds(5))
                try await world.insert(20)
                try await world.touch("finish")
            },
            Incident("the cable is pulled in the middle of stacking") { world in
                try await world.startTopUp()
                try await world.offer([50])
                try await world.waitFor(entry: "stackIntended")
                try await world.unit("unplug")
                try await world.advance(.seconds(4))
                try await world.unit("plug")
                try await world.advance(.seconds(20))
            },
            Incident("the unit alone loses power with a note in escrow") { world in
                try await world.startTopUp()
                try await world.offer([100])
                try await world.advance(.milliseconds(1300))
                try await world.unit("power cut")
                try await world.advance(.seconds(2))
                try await world.unit("power restore")
                try await world.advance(.seconds(15))
            },
        ]

    public static let office: [Incident] =
        [VirtualBilling.Mode.slow, .down, .cutAfter, .refuses].map { mode in
            Incident("the billing system: \(mode.rawValue)") { world in
                world.bank.become(mode)
                try await pay([50], in: world)
                try await world.advance(.seconds(5))
                world.bank.become(.normal)
                try await world.advance(.seconds(30))
            }
        } + [
            Incident("the office is away") { world in
                world.network.goDown()
                try await pay([50], in: world)
                world.network.comeBack()
                try await world.advance(.seconds(60))
            },
            Incident("answers are lost after the office's commit") { world in
                world.network.weather.answerLoss = 0.5
                try await pay([50, 20], in: world)
                try await world.advance(.seconds(30))
            },
            Incident("batches arrive twice and again") { world in
                (world.network.weather.duplicate, world.network.weather.replay) = (1, 1)
                try await pay([50, 20], in: world)
                try await world.advance(.seconds(30))
            },
            Incident("two unknown numbers, then the right one") { world in
                for choice in ["start", "en", "topUp"] { try await world.touch(choice) }
                try await world.type("19900001234")
                try await world.touch("confirm")
                try await world.advance(.seconds(2))
                try await world.touch("change")
                try await world.type("13800138000")
                try await world.touch("confirm")
                try await world.advance(.seconds(2))
                try await world.touch("continue")
                try await world.advance(.seconds(3))
                try await world.insert(20)
                try await world.touch("finish")
            },
        ]

    public static let machine: [Incident] =
        ["paper-out", "service-gone", "dies", "jam"].map { word in
            Incident("the printer: \(word)") { world in
                try await world.startTopUp()
                try await world.insert(20)
                _ = try await world.printer.say("fault \(word)")
                try await world.touch("finish")
                try await world.see(.outcome, within: .seconds(30))
                try await world.advance(.seconds(20))
                _ = try await world.printer.say("clear all")
            }
        } + [
            Incident("the clock jumps ten years") { world in
                try await world.startTopUp()
                try await world.insert(20)
                world.time.wallOffset = .seconds(315_576_000)
                try await world.insert(50)
                try await world.touch("finish")
            },
            Incident("the disk is full while a note is stacked") { world in
                try await world.startTopUp()
                try await world.offer([50])
                try await world.waitFor(entry: "stackIntended")
                world.disk.virtual?.limit(bytes: 1)
                try await world.advance(.seconds(8))
                world.disk.virtual?.limit(bytes: nil)
                try await world.advance(.seconds(12))
            },
            Incident("a sync fails while a note is credited") { world in
                try await world.startTopUp()
                try await world.offer([50])
                try await world.waitFor(entry: "stackIntended")
                world.disk.virtual?.failSync(1)
                try await world.advance(.seconds(15))
            },
        ]
}
