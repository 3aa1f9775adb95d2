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

/// A library module and what it may import; `Tests/check-imports` holds every file to this list.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "breakertop",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Resilience", targets: ["Resilience"]),
        .library(name: "ResilienceTesting", targets: ["ResilienceTesting"]),
        .library(name: "BreakerPublisher", targets: ["BreakerPublisher"]),
        .executable(name: "breakertop", targets: ["breakertop"]),
    ],
    dependencies: [
        // The command line: parsing, help, and later completions and the man page, from one definition.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // The log facade that Swift services already configure: the publisher audits commands through it.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Sockets on both ends: non-blocking, backpressure, Unix and TCP alike.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        // The vocabulary.
        module("BreakerTelemetry"),

        // The service's side.
        module("Resilience", ["BreakerTelemetry"]),
        module("ResilienceTesting", ["Resilience", "BreakerTelemetry"]),
        module("BreakerWire", ["BreakerTelemetry"]),
        module("BreakerSockets", nio),
        module(
            "BreakerPublisher",
            ["BreakerTelemetry", "BreakerWire", "BreakerSockets", .product(name: "Logging", package: "swift-log")]
        ),

        // The monitor's side.
        module("Fleet", ["BreakerTelemetry"]),
        module("Feeds", ["Fleet", "BreakerTelemetry", "BreakerWire", "BreakerSockets", "Resilience"]),
        module("Canvas"),
        .target(
            name: "CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        module("Terminal", ["Canvas", "CNcurses"]),
        module("Dashboard", ["Canvas", "Fleet", "BreakerTelemetry"]),
        .executableTarget(
            name: "breakertop",
            dependencies: [
                "BreakerTelemetry", "Fleet", "Feeds", "Canvas", "Terminal", "Dashboard",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // Tests, a folder a module, and what several of them need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("BreakerTelemetryTests", ["BreakerTelemetry"]),
        tests("ResilienceTests", ["Resilience", "ResilienceTesting", "BreakerTelemetry"]),
        tests("BreakerWireTests", ["BreakerWire", "BreakerTelemetry"], exclude: ["Golden"]),
        tests("BreakerSocketsTests", ["BreakerSockets", "TestSupport"]),
        tests(
            "BreakerPublisherTests",
            [
                "BreakerPublisher", "BreakerSockets", "BreakerWire", "BreakerTelemetry", "Resilience",
                "ResilienceTesting", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ]
        ),
        tests("FleetTests", ["Fleet", "BreakerTelemetry"]),
        tests(
            "FeedsTests",
            [
                "Feeds", "Fleet", "BreakerPublisher", "BreakerSockets", "BreakerWire", "BreakerTelemetry", "Resilience",
                "TestSupport",
            ]
        ),
        tests("CanvasTests", ["Canvas"]),
        tests("TerminalTests", ["Terminal", "Canvas", "CNcurses"]),
        tests("DashboardTests", ["Dashboard", "Canvas", "Fleet", "BreakerTelemetry"], exclude: ["Golden"]),
    ],
    swiftLanguageModes: [.v6]
)
