// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

@testable import Fleet

/// A fleet for the map, told in a few words. The monitor's clock stands at 1,000,000 and each service's elsewhere.
struct MapFixture {
    static let now: Milliseconds = 1_000_000
    private var builder = DependencyMap.Builder()
    private var count: Int64 = 0

    /// A circuit of a service to another; `age` = how long ago its outage began, in seconds.
    mutating func call(
        _ caller: String, _ target: String, _ state: CircuitState = .closed, age: Double = 0, instance: Int = 1,
        circuit: String? = nil, change: (inout ViewFixture) -> Void = { _ in }
    ) {
        count += 1
        var fixture = ViewFixture()
        fixture.service = caller
        fixture.instance = "\(caller)-\(instance)"
        fixture.name = circuit ?? target
        fixture.target = CircuitTarget(service: target)
        fixture.id = count
        // No two services have the same clock.
        let up = 5_000_000 + Milliseconds(caller.utf8.reduce(0) { $0 * 31 % 9_973 + Int($1) }) * 1_000
        fixture.up = up
        fixture.standing = .calculated(state)
        let began = up - Milliseconds(age * 1_000)
        if state != .closed {
            fixture.figures[.stateSince] = began
            fixture.transitions = [ViewFixture.change(1, at: began, from: .closed, to: .open)]
        }
        change(&fixture)
        builder.take(fixture.view, at: Self.now)
    }

    var map: DependencyMap { builder.finish(now: Self.now) }
    var cascade: CascadeAnalysis { CascadeAnalysis(map) }
}

extension CascadeAnalysis {
    /// Each finding as `verdict edges < what it explains`.
    var summary: [String] {
        findings.map { finding in
            let edges = finding.edges.map(CascadeReason.name).joined(separator: ", ")
            let explains = finding.explains.map(CascadeReason.name).joined(separator: ", ")
            return "\(finding.verdict) \(edges)" + (explains.isEmpty ? "" : " < \(explains)")
        }
    }
}
