// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The services of the shop.
enum ServiceName: String, CaseIterable, ExpressibleByArgument, Sendable {
    case gateway, orders, payments, inventory, shipping

    static let all = allCases.map(\.rawValue)
}

/// Who listens where: a service each port, from the base on.
struct Ports: Sendable {
    static let range: ClosedRange<UInt16> = 1_024...65_000

    let base: UInt16

    subscript(service: ServiceName) -> UInt16 {
        base + UInt16(ServiceName.allCases.firstIndex(of: service) ?? 0)
    }

    static func check(base: UInt16) throws {
        guard range.contains(base) else {
            throw ValidationError("--base-port must lie within \(range.lowerBound)…\(range.upperBound) (is \(base))")
        }
    }
}
