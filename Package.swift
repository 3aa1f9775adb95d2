// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"]))

/// A library module and what it may import; `Tests/check-imports` holds every file to this list.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "breakertop",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "Resilience", targets: ["Resilience"]),
        .library(name: "ResilienceTesting", targets: ["ResilienceTesting"]),
        .library(name: "BreakerPublisher", targets: ["BreakerPublisher"]),
        .executable(name: "breakertop", targets: ["breakertop"]),
    ],
    traits: [
        .trait(name: "TLS", description: "TLS on TCP, for monitors and services on different machines (SwiftNIO SSL)."),
        .trait(name: "ServiceLifecycle", description: "The publisher as a Service of swift-service-lifecycle."),
        .default(enabledTraits: ["TLS", "ServiceLifecycle"]),
    ],
    dependencies: [
        // The command line: parsing, help, and later completions and the man page, from one definition.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // The log facade that Swift services already configure: the publisher audits commands through it.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Sockets on both ends: non-blocking, backpressure, Unix and TCP alike.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // TLS on both ends, off loopback: only under the trait, because BoringSSL takes long to compile.
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        // Services that are run by it shut the publisher down in order: only under the trait.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The vocabulary.
        module("BreakerTelemetry"),

        // The service's side.
        module("Resilience", ["BreakerTelemetry"]),
        module("ResilienceTesting", ["Resilience", "BreakerTelemetry"]),
        module("BreakerWire", ["BreakerTelemetry"]),
        module("BreakerSockets", nio),
        module("BreakerTLS", ["BreakerSockets", .product(name: "NIOTLS", package: "swift-nio"), nioSSL] + nio),
        module(
            "BreakerPublisher",
            [
                "BreakerTelemetry", "BreakerWire", "BreakerSockets", "BreakerTLS",
                .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
            ]
        ),

        // What a publisher must keep to, told apart from what ours does.
        module("Conformance", ["BreakerTelemetry", "BreakerWire", "BreakerSockets"]),

        // The monitor's side.
        module("Fleet", ["BreakerTelemetry"]),
        // The C library's resolver, for DNS SRV.
        .target(name: "CResolver", linkerSettings: [.linkedLibrary("resolv")]),
        module(
            "Feeds",
            ["Fleet", "BreakerTelemetry", "BreakerWire", "BreakerSockets", "BreakerTLS", "CResolver", "Resilience"]),
        // Compression of recordings: Debian's libzstd-dev.
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        module("Recording", ["Fleet", "BreakerTelemetry", "BreakerWire", "CZstd"]),
        module("Canvas"),
        .target(
            name: "CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        module("Terminal", ["Canvas", "CNcurses"]),
        module("Dashboard", ["Canvas", "Fleet", "BreakerTelemetry"]),
        // What recordings hold of incidents, as pages: in the words of the views, and without a screen.
        module("Report", ["Recording", "Dashboard", "Canvas", "Fleet", "BreakerTelemetry"]),
        .executableTarget(
            name: "breakertop",
            dependencies: [
                "BreakerTelemetry", "BreakerSockets", "BreakerTLS", "Conformance", "Fleet", "Feeds", "Recording",
                "Canvas",
                "Terminal",
                "Dashboard", "Report", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // A service for tests from outside its process.
        .executableTarget(
            name: "test-service",
            dependencies: [
                "BreakerPublisher", "Resilience",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/TestService",
            swiftSettings: settings
        ),

        // Tests, a folder a module, and what several of them need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("BreakerTelemetryTests", ["BreakerTelemetry"]),
        tests("ResilienceTests", ["Resilience", "ResilienceTesting", "BreakerTelemetry", "TestSupport"]),
        tests("BreakerWireTests", ["BreakerWire", "BreakerSockets", "BreakerTelemetry"], exclude: ["Golden"]),
        tests("BreakerSocketsTests", ["BreakerSockets", "TestSupport"]),
        tests(
            "BreakerPublisherTests",
            [
                "BreakerPublisher", "BreakerSockets", "BreakerWire", "BreakerTelemetry", "Resilience",
                "ResilienceTesting", "TestSupport", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        tests("BreakerTLSTests", ["BreakerTLS", "BreakerSockets", "TestSupport", nioSSL] + nio),
        tests("ConformanceTests", ["Conformance", "BreakerSockets"]),
        tests("FleetTests", ["Fleet", "BreakerTelemetry"]),
        tests(
            "FeedsTests",
            [
                "Feeds", "Fleet", "BreakerPublisher", "BreakerSockets", "BreakerTLS", "BreakerWire", "BreakerTelemetry",
                "Resilience",
                "TestSupport",
            ]
        ),
        tests("CanvasTests", ["Canvas"]),
        tests("TerminalTests", ["Terminal", "Canvas", "CNcurses"]),
        tests(
            "RecordingTests", ["Recording", "Report", "Fleet", "BreakerWire", "BreakerTelemetry"], exclude: ["Golden"]),
        tests("breakertopTests", ["breakertop", "Dashboard", "Fleet", "BreakerTelemetry"]),
        tests(
            "DashboardTests", ["Dashboard", "Canvas", "Fleet", "BreakerTelemetry", "Recording"], exclude: ["Golden"]),
    ],
    swiftLanguageModes: [.v6]
)
