import Foundation

/// What is fuzzed, by the name of its corpus folder: each takes bytes from outside and stops the process when a promise
/// about them does not hold.
let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "acceptor": fuzzAcceptor,
    "batch": fuzzBatch,
    "billing-reply": fuzzBillingReply,
    "ccnet-answer": fuzzCCNETAnswer,
    "ccnet-frame": fuzzCCNETFrame,
    "configuration": fuzzConfiguration,
    "ebds-answer": fuzzEBDSAnswer,
    "ebds-frame": fuzzEBDSFrame,
    "entry": fuzzEntry,
    "id003-answer": fuzzID003Answer,
    "id003-frame": fuzzID003Frame,
    "json": fuzzJSON,
    "office-reply": fuzzOfficeReply,
    "print": fuzzPrint,
    "profile": fuzzProfile,
    "question": fuzzQuestion,
    "receipt": fuzzReceipt,
    "screen-input": fuzzScreenInput,
    "transcript": fuzzTranscript,
    "typed-text": fuzzTypedText,
    "validator": fuzzValidator,
    "validator-state": fuzzValidatorState,
    "word": fuzzWord,
]

/// The target of this process, from the environment: libFuzzer takes no arguments of ours.
private let chosen: @Sendable ([UInt8]) -> Void = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = targets[name] else {
        let names = targets.keys.sorted().joined(separator: "\n")
        FileHandle.standardError.write(Data("FUZZ_TARGET: expected one of\n\(names)\n".utf8))
        exit(64)
    }
    return target
}()

/// Source: LLVM, libFuzzer, "Fuzz Target".
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
