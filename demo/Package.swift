// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "demo",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "shop", targets: ["Shop"])
    ],
    dependencies: [
        // The products as any service would use them. Building `breakertop` through this graph compiles what both share
        // once. Without traits: the demo stays on this machine and needs no TLS, which would take long to compile.
        .package(name: "breakertop", path: "..", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // A small HTTP server; for the client, URLSession does.
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .target(name: "FaultScripts", swiftSettings: settings),
        .executableTarget(
            name: "Shop",
            dependencies: [
                "FaultScripts",
                .product(name: "Resilience", package: "breakertop"),
                .product(name: "BreakerPublisher", package: "breakertop"),
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "FaultScriptsTests", dependencies: ["FaultScripts"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
