package import KioskModel
package import KioskStore

/// What the courier tells the kiosk of the office; each change once.
package enum CourierNews: Sendable, Hashable {
    case reachable
    case unreachable(String)
    case untrusted(String)
    /// The office holds other bytes, or does not take ours: the lane stands still until a person has looked at it.
    case laneStopped(Lane, String)
    /// The office takes the lane again.
    case laneMoves(Lane)
    /// The journal did not take an acknowledgement or give its entries.
    case journal(JournalFault)
}
