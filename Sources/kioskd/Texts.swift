internal import Foundation
internal import KioskModel
internal import WebAssets

/// The texts that are embedded in the program.
enum Texts {
    /// What a receipt says, in every language.
    static func receipts() -> [Language: [String: String]] {
        var texts: [Language: [String: String]] = [:]
        for language in Language.allCases {
            texts[language] = read("texts/receipt.\(language.rawValue).json")
        }
        return texts
    }

    /// - Precondition: the file is embedded and holds one flat object; a test reads each of them.
    private static func read(_ name: String) -> [String: String] {
        guard let asset = webAssetNamed(name) else {
            preconditionFailure("\(name) is not embedded")
        }
        let bytes = Data(bytes: asset.pointee.bytes, count: Int(asset.pointee.length))
        guard let texts = try? JSONDecoder().decode([String: String].self, from: bytes) else {
            preconditionFailure("\(name) is not a flat JSON object")
        }
        return texts
    }
}
