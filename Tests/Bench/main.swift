// The part of `make bench` that must run inside a program of ours. Usage: kiosk-bench FOLDER -> one JSON line.
import Foundation

let folder = CommandLine.arguments.dropFirst().first ?? NSTemporaryDirectory()
let figures = try JournalBench(folder: folder, rounds: 10, commitsPerRound: 200).run()
let encoder = JSONEncoder()
encoder.outputFormatting = .sortedKeys
print(String(decoding: try encoder.encode(figures), as: UTF8.self))
