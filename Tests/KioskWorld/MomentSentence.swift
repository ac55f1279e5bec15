/// What must be true in the moment in which something happens. Whoever sees it happen reports what contradicts.
public enum MomentSentence: String, Sendable, CaseIterable {
    case intentBeforeStack = "I3 the intent is durable before STACK"
    case creditBeforeAcknowledgement = "I3 the credit is durable before its ACK"
    case shownIsDurable = "I3 the credit shown is durable"
    case unknownIsAskedAbout =
        "I6 what may have been posted is asked about, never sent again blindly or changed"
    case committedStays = "I8 what was committed is there after every start"
    case acknowledgedStays = "I9 an acknowledgement never falls"
}

extension Stage {
    func report(_ sentence: MomentSentence, _ evidence: String) {
        report(Violation(sentence.rawValue, evidence))
    }
}
