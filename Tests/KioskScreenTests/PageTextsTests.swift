import Foundation
import KioskModel
import Testing
import WebAssets

struct PageTextsTests {
    private func embedded(_ name: String) throws -> Data {
        let asset = try #require(webAssetNamed(name))
        return Data(bytes: asset.pointee.bytes, count: Int(asset.pointee.length))
    }

    @Test(arguments: Language.allCases)
    func `every word the page says by itself is there`(language: Language) throws {
        let script = String(decoding: try embedded("screen.js"), as: UTF8.self)
        let texts = try JSONDecoder().decode(
            [String: String].self, from: embedded("texts/\(language.rawValue).json"))

        let said = script.matches(of: /"(page\.[a-zA-Z.]+)"/).map { String($0.1) }
        let ways = try #require(script.firstMatch(of: /const STEPS = \[([^;]*)\];/)).1
        let steps = ways.matches(of: /\["([a-zA-Z]+)"/).map { "page.step.\($0.1)" }

        #expect(said.count > 10 && steps.count == 7)
        #expect(Set(said + steps).subtracting(texts.keys).sorted().isEmpty)
    }
}
