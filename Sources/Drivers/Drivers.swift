public import DeviceKit

/// Every driver this project has. A program hands the list to whoever makes devices; nobody else names a driver.
public enum Drivers {
    /// For reading profiles, and for runs that must be repeatable: what a driver draws from chance is always the same.
    public static let all = list { 1 }

    /// - Parameter random: Numbers nobody can foretell; the keys of encrypted protocols are made of them.
    public static func list(random: @escaping @Sendable () -> UInt64) -> DriverList {
        DriverList(
            billAcceptors: [
                "ccnet": { CCNETAcceptor(profile: $0, link: $1, timekeeper: $2) },
                "ebds": { EBDSAcceptor(profile: $0, link: $1, timekeeper: $2) },
                "id003": { ID003Acceptor(profile: $0, link: $1, timekeeper: $2) },
                "ssp": { SSPAcceptor(profile: $0, link: $1, timekeeper: $2, random: random) },
            ],
            printers: printers,
            quirks: printerQuirks.merging(
                [
                    "ccnet": Set(CCNETQuirk.allCases.map(\.rawValue)),
                    "ebds": Set(EBDSQuirk.allCases.map(\.rawValue)),
                    "id003": Set(ID003Quirk.allCases.map(\.rawValue)),
                    "ssp": Set(SSPQuirk.allCases.map(\.rawValue)),
                ], uniquingKeysWith: { $0.union($1) })
        )
    }
}
