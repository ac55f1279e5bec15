import Testing

/// A driver is three files and one line.
struct DriverTests {
    /// Driver keys as the profiles name them, each with its profiles.
    static func driverKeys() -> [String: [Tree.File]] {
        Dictionary(grouping: Tree.files("devices", ending: ".yaml")) { profile in
            profile.text.firstMatch(of: /(?m)^driver: ([a-z0-9]+)/).map { String($0.1) } ?? "none"
        }
    }

    @Test func `each driver that a profile names stands in the list of drivers`() {
        let lists = Tree.files("Sources/Drivers", ending: "Drivers.swift").map(\.text).joined()

        #expect(!Self.driverKeys().isEmpty)
        for (key, profiles) in Self.driverKeys() {
            #expect(lists.contains("\"\(key)\""), "\(profiles.map(\.path)) name the driver \(key)")
        }
    }

    @Test func `a supported bill acceptor has a transcript`() {
        let transcripts = Tree.files("Tests/DriversTests/transcripts", ending: ".transcript")

        for profile in Tree.files("devices/bill-acceptors", ending: ".yaml")
        where profile.text.contains("\nstatus: supported") {
            let name = profile.path.split(separator: "/").last?.dropLast(5) ?? ""
            #expect(
                transcripts.contains { $0.text.contains("profile bill-acceptors/\(name)") },
                "\(profile.path)")
        }
    }

    @Test func `each protocol names its sources`() {
        for file in Tree.files("Sources/Drivers", ending: ".swift") where file.text.contains("0x") {
            #expect(file.text.contains("Source:"), "\(file.path)")
        }
    }

    @Test func `no transcript holds a number that could be a person's`() {
        for file in Tree.files("Tests/DriversTests/transcripts", ending: ".transcript") {
            #expect(file.text.firstMatch(of: /(^|\D)1[3-9]\d{9}(?!\d)/) == nil, "\(file.path)")
            #expect(file.text.firstMatch(of: /(^|\D)89\d{17,18}(?!\d)/) == nil, "\(file.path)")
        }
    }
}
