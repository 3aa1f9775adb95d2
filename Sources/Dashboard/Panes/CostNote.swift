// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// What the terminal has been sent so far.
package struct TerminalCost: Sendable, Hashable {
    package var frames: Int
    package var bytes: Int

    package init(frames: Int = 0, bytes: Int = 0) {
        self.frames = frames
        self.bytes = bytes
    }
}

/// What the screen costs: between two readings at least a second apart.
struct CostMeter: Sendable {
    private var last: (cost: TerminalCost, at: Milliseconds)?
    private(set) var framesPerSecond = 0.0
    private(set) var bytesPerFrame = 0

    mutating func record(_ cost: TerminalCost, at now: Milliseconds) {
        guard let last else {
            self.last = (cost, now)
            return
        }
        let span = now.saturatingDifference(last.at)
        guard span >= 1_000 else { return }
        let frames = max(0, cost.frames - last.cost.frames)
        framesPerSecond = Double(frames) * 1_000 / Double(span)
        bytesPerFrame = frames == 0 ? 0 : max(0, cost.bytes - last.cost.bytes) / frames
        self.last = (cost, now)
    }
}

extension Dashboard {
    /// Frames a second, bytes a frame, how late the latest source's samples come, and events that were lost.
    var costNote: String {
        let lag = fleet.sources.values.compactMap(\.health.lag).max()
        let missed = fleet.sources.values.reduce(Int64(0)) { $0.saturatingSum($1.health.missedEvents) }
        let bytes = costs.bytesPerFrame
        return "\(Format.rate(costs.framesPerSecond)) fps · "
            + (bytes < 1_000 ? "\(bytes) B" : "\(Format.rate(Double(bytes) / 1_000)) KB")
            + "/frame · lag \(lag.map { "\($0) ms" } ?? "–") · \(Format.count(missed)) lost "
    }
}
