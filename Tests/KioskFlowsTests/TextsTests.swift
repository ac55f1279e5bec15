import Foundation
import KioskModel
import Testing
import WebAssets

@testable import KioskFlows

/// The words of the screens: complete in both languages.
@Suite struct TextsTests {
    private func texts(_ language: Language) throws -> [String: String] {
        let asset = try #require(webAssetNamed("texts/\(language.rawValue).json"))
        let bytes = Data(bytes: asset.pointee.bytes, count: Int(asset.pointee.length))
        return try JSONDecoder().decode([String: String].self, from: bytes)
    }

    private func gaps(_ text: String) -> Set<String> {
        Set(text.matches(of: /\{([a-zA-Z]+)\}/).map { String($0.1) })
    }

    @Test func `both languages have the same texts with the same gaps`() throws {
        let (chinese, english) = (try texts(.chinese), try texts(.english))

        #expect(Set(chinese.keys) == Set(english.keys))
        for (key, text) in chinese.sorted(by: { $0.key < $1.key }) {
            #expect(gaps(text) == gaps(english[key] ?? ""), "\(key)")
            #expect(!text.isEmpty && english[key]?.isEmpty == false, "\(key)")
        }
    }

    @Test func `every text of a screen is there, and every text is on some screen`() throws {
        let (chinese, english) = (try texts(.chinese), try texts(.english))
        var messages: Set<Screen.Message> = []
        for seed in 1...3 {
            var visits = RandomVisits(seed: UInt64(seed))
            for _ in 0..<20_000 { visits.step() }
            messages.formUnion(visits.messages)
        }

        for message in messages {
            #expect(chinese[message.key].map(gaps) == Set(message.gaps.keys), "\(message.key)")
            #expect(english[message.key].map(gaps) == Set(message.gaps.keys), "\(message.key)")
        }
        // page.*: the page's own words around a screen; the page's tests look after them.
        let own = Set(chinese.keys.filter { $0.hasPrefix("page.") })
        let unused = Set(chinese.keys).subtracting(messages.map(\.key)).subtracting(named)
            .subtracting(own)
        #expect(unused.isEmpty, "\(unused.sorted())")
    }

    /// What can be named without a walk.
    private var named: Set<String> {
        var keys = Set(Screen.Name.allCases.map { "\($0.rawValue).title" })
        keys.formUnion(Services.Hindrance.allCases.map { "hindrance.\($0.rawValue)" })
        keys.formUnion(OrderState.allCases.map { "state.\($0.rawValue)" })
        keys.formUnion(ChoiceName.allCases.map { "choice.\($0.rawValue)" })
        keys.formUnion(ReturnReason.allCases.map { "insertNotes.body.returned.\($0.rawValue)" })
        keys.formUnion(RefusalReason.allCases.map { "insertNotes.body.refused.\($0.rawValue)" })
        keys.formUnion(
            ["notDigits", "tooShort", "tooLong", "unknownPrefix", "wrongSlip"].map {
                "complaint.\($0)"
            })
        return keys
    }

    @Test func `everything that has a name has a text`() throws {
        for language in Language.allCases {
            let missing = named.subtracting(try texts(language).keys)

            #expect(missing.isEmpty, "\(language.rawValue): \(missing.sorted())")
        }
    }
}
