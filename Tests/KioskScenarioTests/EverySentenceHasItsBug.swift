import Foundation
import KioskWorld
import Testing

/// A sentence of the checker is there for a bug that nothing else in the world catches; `scripts/mutants --sentences` shows
/// that it does.
struct EverySentenceHasItsBug {
    @Test func `each sentence is named by a planted bug that only it catches`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Mutants")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)

        let named = try files.filter { $0.pathExtension == "mutant" }.flatMap { file in
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                .filter { $0.hasPrefix("Only by: ") }.map { String($0.dropFirst(9)) }
        }

        let sentences = Sentence.all.map(\.name) + MomentSentence.allCases.map(\.rawValue)
        #expect(sentences.filter { !named.contains($0) } == [])
        #expect(named.filter { !sentences.contains($0) } == [])
    }
}
