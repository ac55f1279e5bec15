import KioskModel
import OfficeProtocol
import Testing

@testable import OfficeWeb

/// How much the office does at once.
@Suite struct AdmissionTests {
    /// Holds `count` places of a kiosk's at the same time, then asks for one of `next`.
    private func ask(
        _ admission: Admission, holding count: Int, of holder: KioskID, next: KioskID
    ) async -> Bool {
        guard count > 0 else { return await admission.admit(next, .work) { true } ?? false }
        return await admission.admit(holder, .poll) {
            await ask(admission, holding: count - 1, of: holder, next: next)
        } ?? false
    }

    @Test func `one kiosk cannot take the places of the others`() async throws {
        let admission = Admission()
        let (greedy, other) = (try kioskID("K0001"), try kioskID("K0002"))

        let below = await ask(
            admission, holding: Admission.perKioskMax - 1, of: greedy, next: greedy)
        let above = await ask(admission, holding: Admission.perKioskMax, of: greedy, next: greedy)
        let others = await ask(admission, holding: Admission.perKioskMax, of: greedy, next: other)
        let later = await ask(admission, holding: 0, of: greedy, next: greedy)

        #expect(below && !above && others && later)
    }

    @Test func `a place is free again when its work failed`() async throws {
        struct Failed: Error {}
        let admission = Admission()
        let kiosk = try kioskID("K0001")

        for _ in 0...Admission.workMax {
            await #expect(throws: Failed.self) {
                try await admission.admit(kiosk, .work) { throw Failed() }
            }
        }

        #expect(await admission.admit(kiosk, .work) { true } == true)
    }

    @Test func `all kiosks together have a limit`() async throws {
        let admission = Admission()

        func fill(_ left: Int) async throws -> Bool? {
            let kiosk = try kioskID("K\(left)")
            guard left > 0 else { return await admission.admit(kiosk, .work) { true } }
            return try await admission.admit(kiosk, .work) { try await fill(left - 1) } ?? nil
        }

        #expect(try await fill(Admission.workMax - 1) == true)
        #expect(try await fill(Admission.workMax) == nil)
    }

    @Test(arguments: [(12_001, 13), (12_000, 12), (0, 1), (nil, 5)] as [(Int?, Int)])
    func `who finds no room is told in whole seconds when to come, and never too early`(
        _ milliseconds: Int?, _ seconds: Int
    ) {
        let refusal = Refusal(.busy, "no room", retryAfterMs: milliseconds)

        #expect(refusal.retryAfterSeconds == seconds)
    }
}
