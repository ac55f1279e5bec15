import Foundation
import Testing

/// Documents have one title and live links, and name nothing of anybody's own machine.
struct DocumentTests {
    static let documents: [Tree.File] =
        Tree.files("docs", ending: ".md")
        + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].compactMap { path in
            (try? Tree.text(path)).map { Tree.File(path: path, text: $0) }
        }

    @Test func `the documents that a newcomer looks for are there`() {
        for path in [
            "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/architecture.md",
            "docs/money.md", "docs/threat-model.md", "docs/operator.md", "docs/references.md",
        ] { #expect(Tree.exists(path), "\(path)") }
    }

    @Test func `each has one title, on its first line`() {
        for document in Self.documents {
            let titles = Self.prose(document).filter { $0.hasPrefix("# ") }
            #expect(titles.count == 1, "\(document.path)")
            #expect(document.text.hasPrefix("# "), "\(document.path)")
        }
    }

    @Test func `each link inside the project leads somewhere`() {
        for document in Self.documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for match in document.text.matches(of: /\]\(([^)#\s]+)(#[^)]*)?\)/) {
                let target = String(match.1)
                guard !target.contains("://") else { continue }
                let path = folder.isEmpty ? target : "\(folder)/\(target)"
                #expect(Tree.exists(path), "\(document.path): \(target)")
            }
        }
    }

    @Test func `make targets that the documents name exist`() throws {
        let makefile = try Tree.text("Makefile")
        for document in Self.documents {
            for match in document.text.matches(of: /`make ([a-z-]+)/) {
                #expect(
                    makefile.contains(try Regex("(?m)^\(match.1)( [a-z-]+)*:")),
                    "\(document.path): make \(match.1)")
            }
        }
    }

    /// The lines outside code blocks.
    private static func prose(_ document: Tree.File) -> [Substring] {
        var inside = false
        return document.lines.filter { line in
            if line.hasPrefix("```") { inside.toggle() }
            return !inside
        }
    }
}
