// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// How long calls took: by the histogram where there is one, else what the row says, and why that is all.
struct LatencyTable {
    let circuit: CircuitView
    let theme: Theme
    /// How long ago the histogram was asked for, in milliseconds.
    let askedFor: Milliseconds

    /// A service that sends histograms at all has done so by then.
    static let patience: Milliseconds = 3_000

    private static let shares: [(String, Int)] = [
        ("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("max", 1_000),
    ]

    var lines: [[Span]] {
        guard let latency = circuit.circuit.latency else { return [head, row, [Span("  " + excuse, theme.quiet)]] }
        // Until the second reading there is nothing between two of them.
        let isMeasured = latency.span >= 500
        return [
            head, isMeasured ? row(recentWords(latency), latency.recent) : row, row("since boot", latency.total),
        ]
    }

    private var head: [Span] {
        cells("latency", Self.shares.map(\.0) + ["calls"]).map { Span($0.text, theme.quiet) }
    }

    private func row(_ label: String, _ calls: LatencyHistogram) -> [Span] {
        cells(
            label,
            Self.shares.map { calls.percentile($0.1).map(Format.latency) ?? "–" } + [Format.count(calls.total)])
    }

    /// What every row has.
    private var row: [Span] {
        let figure = { (field: Field) in circuit.row[field].map(Format.latency) ?? "–" }
        return cells("recent", [figure(.latencyP50), "", figure(.latencyP99), "", "", ""])
    }

    private func cells(_ label: String, _ figures: [String]) -> [Span] {
        [Span(" " + label.padded(toColumns: 13), theme.quiet)]
            + zip(figures, [9, 9, 9, 9, 9, 12]).map { Span($0.padded(toColumns: $1, alignment: .trailing)) }
    }

    /// The newest reading may be old, since one comes when there were calls; and there may not be many yet.
    private func recentWords(_ latency: CircuitLatency) -> String {
        guard let age = circuit.age(of: latency.up), age > 2 * CircuitLatency.window else {
            return "last \(max(0, latency.span).saturatingSum(500) / 1_000) s"
        }
        return "\(Format.duration(age)) ago"
    }

    private var excuse: String {
        if circuit.isSilent { return "no histogram: the service is silent" }
        return askedFor < Self.patience
            ? "its histogram is asked for and has not come yet" : "the service publishes no histogram of it"
    }
}
