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

// What is measured is `package` inside breakertop, and so out of reach of a package that depends on it: the folders of modules in Sources
// are links to the ones that ship. A benchmark builds only the modules that it names.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func benchmark(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "breakertop-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        // As breakertop pins them.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        module("BreakerTelemetry"),
        module("BreakerWire", ["BreakerTelemetry"]),
        module("Resilience", ["BreakerTelemetry"]),
        module("BreakerSockets", nio),
        module("BreakerTLS", ["BreakerSockets"] + nio),
        module(
            "BreakerPublisher",
            [
                "BreakerTelemetry", "BreakerWire", "BreakerSockets", "BreakerTLS",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        module("Fleet", ["BreakerTelemetry"]),
        .target(name: "CResolver", linkerSettings: [.linkedLibrary("resolv")]),
        module(
            "Feeds",
            ["Fleet", "BreakerTelemetry", "BreakerWire", "BreakerSockets", "BreakerTLS", "Resilience", "CResolver"]
        ),

        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        module("Recording", ["Fleet", "BreakerTelemetry", "BreakerWire", "CZstd"]),

        // The program itself, without TLS, for Benchmarks/screen.
        module("Conformance", ["BreakerTelemetry", "BreakerWire", "BreakerSockets"]),
        module("Canvas"),
        .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        module("Terminal", ["Canvas", "CNcurses"]),
        module("Dashboard", ["Canvas", "Fleet", "BreakerTelemetry"]),
        module("Report", ["Recording", "Dashboard", "Canvas", "Fleet", "BreakerTelemetry"]),
        .executableTarget(
            name: "breakertop",
            dependencies: [
                "BreakerTelemetry", "BreakerSockets", "BreakerTLS", "Conformance", "Fleet", "Feeds", "Recording",
                "Canvas", "Terminal", "Dashboard", "Report",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "screen-services",
            dependencies: ["BreakerPublisher", "Resilience", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),

        module("Measuring"),
        benchmark("wire-benchmark", ["BreakerWire", "BreakerTelemetry", "Measuring"], exclude: ["peer.py"]),
        benchmark(
            "publisher-benchmark",
            ["BreakerPublisher", "Resilience", "Measuring", .product(name: "Logging", package: "swift-log")]),
        benchmark("recording-benchmark", ["Recording", "Fleet", "BreakerTelemetry"]),
        benchmark("fleet-benchmark", ["Feeds", "Fleet", "BreakerPublisher", "Resilience", "BreakerTelemetry"]),
    ],
    swiftLanguageModes: [.v6]
)
