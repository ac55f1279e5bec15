// swift-tools-version: 6.2
// This file is the layer table of docs/architecture.md: imports only go down.
import PackageDescription

// What each floor may lean on. A target that is not named here does not exist.
let floors: [Target] = [
    // 0: values, no I/O, no clock
    layer("KioskModel"),
    layer("Terminal"),

    // 1: pure flows, device contracts, the journal, the messages to the office
    layer("KioskFlows", on: ["KioskModel"]),
    layer("DeviceKit", on: ["KioskModel"], using: [.yams]),
    layer("KioskStore", on: ["KioskModel", "OfficeProtocol"], using: [.grdb]),
    layer("OfficeProtocol", on: ["KioskModel"], using: [.crypto]),

    // 2: wires, protocols, the loop, the way to the office, the machine itself
    layer("Machine", on: ["KioskModel", "CSystemd"], using: [.signals]),
    layer("Links", on: ["KioskModel", "DeviceKit", "CCups", "CLibUSB"]),
    layer("Drivers", on: ["KioskModel", "DeviceKit"], using: [.crypto, .cryptoExtras]),
    layer(
        "KioskRuntime",
        on: ["KioskModel", "KioskFlows", "DeviceKit", "KioskStore", "OfficeProtocol"], using: [.log]
    ),
    layer(
        "OfficeClient", on: ["KioskModel", "OfficeProtocol"],
        using: [.httpClient, .nio, .nioHTTP1, .nioSSL]),

    // 3: what people and other programs touch
    layer(
        "KioskScreen", on: ["KioskModel", "KioskFlows", "KioskRuntime", "WebAssets"],
        using: [.hummingbird, .log, .nio]),
    layer("Office", on: ["KioskModel", "OfficeProtocol"], using: [.grdb, .crypto, .log]),
    layer(
        "OfficeWeb", on: ["KioskModel", "OfficeProtocol", "Office", "WebAssets"],
        using: [
            .hummingbird, .hummingbirdTLS, .httpClient, .log, .nio, .nioHTTP1, .nioPosix, .nioSSL,
            .x509,
            .asn1, .crypto, .lifecycle,
        ]),
    layer("VirtualWorld", on: ["KioskModel", "DeviceKit", "OfficeProtocol", "CVirtualDisk"]),

    // 4: the programs: read options, compose, run
    program(
        "kioskd",
        on: [
            "KioskModel", "KioskFlows", "DeviceKit", "KioskStore", "OfficeProtocol", "Links",
            "Drivers",
            "KioskRuntime", "OfficeClient", "KioskScreen", "WebAssets", "Machine",
        ], using: [.arguments, .log]),
    program(
        "kioskctl", on: ["KioskModel", "Terminal", "DeviceKit", "KioskStore", "Drivers"],
        using: [.arguments, .httpClient, .nio, .nioHTTP1]),
    program(
        "kiosk-office",
        on: [
            "KioskModel", "Terminal", "DeviceKit", "OfficeProtocol", "Office", "OfficeWeb",
            "Machine",
        ],
        using: [.arguments, .log, .httpClient, .nio, .nioHTTP1, .nioSSL, .lifecycle, .signals]),
    program(
        "kiosk-sim", on: ["KioskModel", "DeviceKit", "OfficeProtocol", "VirtualWorld", "Machine"],
        using: [.arguments, .log, .hummingbird, .httpClient, .nio, .nioHTTP1]),
]

// System libraries, and the web pages and texts embedded in the programs.
let ground: [Target] = [
    .systemLibrary(name: "CCups"),
    .systemLibrary(name: "CLibUSB", pkgConfig: "libusb-1.0"),
    .systemLibrary(name: "CSystemd"),
    .target(name: "CVirtualDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(name: "WebAssets", exclude: ["www", "texts"]),
]

let proofs: [Target] = [
    tests("KioskModel"),
    tests("KioskFlows", on: ["WebAssets"]),
    tests("DeviceKit"),
    tests("KioskStore", on: ["OfficeProtocol", "VirtualWorld"], using: [.grdb]),
    tests(
        "KioskRuntime",
        on: ["KioskFlows", "DeviceKit", "KioskStore", "OfficeProtocol", "VirtualWorld"]),
    tests("OfficeProtocol"),
    // The real libusb on devices of ours: umockdev stands in for the kernel's usbfs.
    .systemLibrary(name: "CUMockdev", path: "Tests/CUMockdev", pkgConfig: "umockdev-1.0"),
    .target(name: "CUSBTestbed", dependencies: ["CUMockdev"], path: "Tests/USBTestbed"),
    tests("Links", on: ["DeviceKit", "Drivers", "Machine", "VirtualWorld", "CUSBTestbed"]),
    tests("Drivers", on: ["DeviceKit", "VirtualWorld"], using: [.crypto, .cryptoExtras]),
    tests("Office", on: ["OfficeProtocol", "VirtualWorld"], using: [.grdb]),
    tests(
        "OfficeWeb", on: ["Office", "OfficeClient", "OfficeProtocol", "Machine", "WebAssets"],
        using: [
            .x509, .asn1, .crypto, .nioSSL, .httpClient, .nio, .nioHTTP1, .nioPosix, .lifecycle,
            .log,
        ]),
    tests("VirtualWorld", on: ["DeviceKit", "OfficeProtocol"]),
    tests(
        "KioskScreen", on: ["KioskFlows", "KioskRuntime", "WebAssets"],
        using: [.hummingbirdTesting, .hummingbird]),
    // The whole kiosk in one virtual world: for scenarios, simulation and power cuts.
    .target(
        name: "KioskWorld",
        dependencies: [
            "KioskModel", "KioskFlows", "DeviceKit", "KioskStore", "OfficeProtocol", "Drivers",
            "KioskRuntime", "Office", "VirtualWorld", .grdb,
        ], path: "Tests/KioskWorld", swiftSettings: strict()),
    tests(
        "KioskScenario",
        on: ["KioskFlows", "KioskRuntime", "KioskStore", "KioskWorld", "VirtualWorld"]),
    // Seeded lives of whole kiosks, and power cuts at every moment: `make simulate`.
    .target(name: "CEscapeTrap", path: "Tests/EscapeTrap"),
    .executableTarget(
        name: "kiosk-simulate",
        dependencies: ["CEscapeTrap", "KioskWorld", .arguments, .log], path: "Tests/Simulation",
        swiftSettings: strict()),
    tests("HouseRules"),
    bench("kiosk-bench", on: ["KioskModel", "KioskStore", "Machine"]),
]

let package = Package(
    name: "kiosk",
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: floors + ground + proofs,
    swiftLanguageModes: [.v6]
)

// Settings once, for every target of ours.
func strict() -> [SwiftSetting] {
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ]
}

func layer(_ name: String, on own: [String] = [], using libraries: [Target.Dependency] = [])
    -> Target
{
    .target(
        name: name, dependencies: own.map { .init(stringLiteral: $0) } + libraries,
        swiftSettings: strict())
}

func program(_ name: String, on own: [String], using libraries: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: own.map { .init(stringLiteral: $0) } + libraries,
        swiftSettings: strict())
}

/// What `make bench` runs inside a program of ours; never shipped.
func bench(_ name: String, on own: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: own.map { .init(stringLiteral: $0) }, path: "Tests/Bench",
        swiftSettings: strict())
}

/// The tests of a layer, in Tests/<layer>Tests. House rules and scenarios belong to no layer.
func tests(_ subject: String, on own: [String] = [], using libraries: [Target.Dependency] = [])
    -> Target
{
    let layers = ["HouseRules", "KioskScenario"].contains(subject) ? [] : [subject]
    let model = subject == "HouseRules" || subject == "KioskModel" ? [] : ["KioskModel"]
    return .testTarget(
        name: subject + "Tests",
        dependencies: (layers + model + own).map { .init(stringLiteral: $0) } + libraries,
        exclude: subject == "Drivers" ? ["transcripts"] : [],
        swiftSettings: strict())
}

extension Target.Dependency {
    static let yams = product(name: "Yams", package: "Yams")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let log = product(name: "Logging", package: "swift-log")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let httpClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let nio = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTLS = product(name: "HummingbirdTLS", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let x509 = product(name: "X509", package: "swift-certificates")
    static let asn1 = product(name: "SwiftASN1", package: "swift-asn1")
}
