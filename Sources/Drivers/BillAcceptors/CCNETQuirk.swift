/// What some units do otherwise; named in a profile's `quirks`.
///
/// Source: observed in public drivers for these units; the CCNET specification says nothing of them.
enum CCNETQuirk: String, CaseIterable {
    /// The unit is deaf for 2 s after RESET and takes a command in that time amiss (MFL): nothing is sent meanwhile.
    case pauseAfterReset
    /// The unit answers again only after the port was closed and opened (GX behind some bridges).
    case reopenAfterReset
    /// The unit leaves jam and failure only by RESET, though the path is free: one is sent every minute. Its status was
    /// read before, so no note is lost by it.
    case resetToRecover
}
