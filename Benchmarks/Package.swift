// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
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
    targets: [
        module("BreakerTelemetry"),
        module("BreakerWire", ["BreakerTelemetry"]),

        module("Measuring"),
        benchmark("wire-benchmark", ["BreakerWire", "BreakerTelemetry", "Measuring"], exclude: ["peer.py"]),
    ],
    swiftLanguageModes: [.v6]
)
