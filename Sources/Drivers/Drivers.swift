public import DeviceKit

/// Every driver this project has. A program hands the list to whoever makes devices; nobody else names a driver.
public enum Drivers {
    public static let all = DriverList(
        billAcceptors: [
            "ccnet": { CCNETAcceptor(profile: $0, link: $1, timekeeper: $2) },
            "id003": { ID003Acceptor(profile: $0, link: $1, timekeeper: $2) },
        ],
        printers: printers,
        quirks: printerQuirks.merging(
            [
                "ccnet": Set(CCNETQuirk.allCases.map(\.rawValue)),
                "id003": Set(ID003Quirk.allCases.map(\.rawValue)),
            ], uniquingKeysWith: { $0.union($1) })
    )
}
