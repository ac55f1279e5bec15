import KioskWorld
import Testing

struct EpisodesRepeat {
    @Test func `the same seed gives the same run, line by line`() throws {
        let episode = Episode(seed: 3, index: 5)

        let (first, second) = try (
            episode.run(keepsTrace: true), episode.run(keepsTrace: true)
        )

        #expect(first.trace.count > 100)
        #expect(first.trace == second.trace)
        #expect(first.digest == second.digest)
        #expect(first.violation == nil)
    }

    @Test func `another seed gives another run`() throws {
        let (first, second) = try (
            Episode(seed: 3, index: 5).run(), Episode(seed: 4, index: 5).run()
        )

        #expect(first.digest != second.digest)
    }
}
