/// What some units do otherwise, or shall; named in a profile's `quirks`.
///
/// Source: public hosts of these units differ in it.
enum ID003Quirk: String, CaseIterable {
    /// STACK-2 instead of STACK-1: the credit point is the end of stacking and not the stacker's lever. For units whose
    /// lever can be cheated, or which have no STACK-1.
    case creditWhenFullyStacked
    /// The unit leaves jam and failure only by RESET, though the path is free: one is sent every minute. Its status was
    /// read before, so no note is lost by it.
    case resetToRecover
}
