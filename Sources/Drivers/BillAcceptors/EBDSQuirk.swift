/// What some units do otherwise; named in a profile's `quirks`.
///
/// Source: observed in public drivers for these units.
enum EBDSQuirk: String, CaseIterable {
    /// The unit tells only the number of a denomination, 1 to 7: what each is worth, and in which currency, stands in the
    /// profile and cannot be compared with anything (Pyramid, older Series 2000).
    case indexedNotes
    /// *Cheated* together with *stacked* means that the cassette is nearly full, and no fraud (some Cashflow SC firmware).
    case cheatedMeansNearlyFull
    /// The unit leaves jam and failure only by a soft reset, though the path is free: one is sent every minute. Its status
    /// was read before, and past escrow a note is stacked with its value, so no note is lost by it.
    case resetToRecover
}
