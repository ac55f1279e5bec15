/// How units differ that the protocol leaves open; named in a profile's `quirks`.
///
/// Source: ITL GA138 2.2 and GA973 2.2, where they differ.
enum SSPQuirk: String, CaseIterable {
    /// Speaks eSSP: a key is agreed on at each connection, everything behind it is encrypted, and each event comes again
    /// until it is acknowledged. GA138 offers that repetition only there. The fixed half of the key is the factory's.
    case encrypted
    /// The first packet behind SYNC has sequence 1 (one passage of GA973) instead of 0 (GA138).
    case sequenceOneAfterSync
}
