import Foundation

/// Stops the process when a promise is broken; libFuzzer keeps the input.
func expect(
    _ promise: Bool, _ sentence: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    guard !promise else { return }
    FileHandle.standardError.write(
        Data("broken promise: \(file):\(line): \(sentence())\n".utf8))
    abort()
}

/// A sentence for people about bytes from outside: it says something, on one line of bounded length, without control
/// characters that a terminal would obey, and it is not the whole input again.
func expectSentence(
    _ sentence: String, about input: [UInt8], file: StaticString = #fileID, line: UInt = #line
) {
    expect(!sentence.isEmpty, "a fault says what is wrong", file: file, line: line)
    expect(
        sentence.unicodeScalars.count <= 1000,
        "a fault of \(sentence.utf8.count) bytes: \(sentence)",
        file: file, line: line)
    expect(
        !sentence.unicodeScalars.contains { $0.properties.generalCategory == .control },
        "a fault with control characters: \(sentence.debugDescription)", file: file, line: line)
    guard input.count > 100, input.count <= sentence.utf8.count else { return }
    expect(
        !Array(sentence.utf8).contains(input), "a fault repeats the whole input: \(sentence)",
        file: file, line: line)
}

/// The input as text; nil when it is none: no reader of text is ever given it.
func text(_ input: [UInt8]) -> String? { String(validating: input, as: UTF8.self) }

/// Takes an input apart. At its end there are only zeros and nothing.
struct Deal {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    var isOver: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func all() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
