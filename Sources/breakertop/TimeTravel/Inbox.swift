// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What the screen observed and nobody has written yet: a pure state machine, which lets go of what would be too much and then
/// asks for all that is known.
struct Inbox: Sendable {
    enum Note: Sendable {
        case observed([Observation])
        /// All that is known at a moment, what the wall clock is ahead of the monitor's own, and since when what came before
        /// is missing; `nil` = nothing is.
        case known(Moment, clockOffset: Milliseconds, missedSince: Milliseconds?)
    }

    /// About what a row takes.
    private static let rowBytes = 400
    /// The most that waits, in bytes.
    static let maximumBytes = 32 << 20

    private var notes: [Note] = []
    private var bytes = 0
    /// Whether what comes is of no use before all that is known has come.
    private var isBroken = true
    private var missedSince: Milliseconds?
    /// Whether all that is known is wanted.
    private(set) var wantsKeyframe = true

    mutating func observe(_ observations: [Observation]) {
        guard let first = observations.first else { return }
        guard !isBroken else {
            missedSince = missedSince ?? first.at.up
            return
        }
        notes.append(.observed(observations))
        bytes += observations.reduce(0) { $0 + Self.bytes(of: $1) }
        if bytes > Self.maximumBytes { breakOff(at: first.at.up) }
    }

    /// Takes all that is known, if it is wanted.
    mutating func know(_ moment: Moment, clockOffset: Milliseconds) {
        guard wantsKeyframe else { return }
        notes.append(.known(moment, clockOffset: clockOffset, missedSince: missedSince))
        (isBroken, missedSince, wantsKeyframe) = (false, nil, false)
    }

    mutating func askForKeyframe() { wantsKeyframe = true }

    mutating func take() -> [Note] {
        defer { (notes, bytes) = ([], 0) }
        return notes
    }

    private mutating func breakOff(at now: Milliseconds) {
        for note in notes.reversed() {
            switch note {
            case .observed(let observations): missedSince = observations.first?.at.up ?? missedSince
            case .known(let moment, _, let since): missedSince = since ?? moment.at
            }
        }
        (notes, bytes, isBroken, wantsKeyframe) = ([], 0, true, true)
        missedSince = missedSince ?? now
    }

    private static func bytes(of observation: Observation) -> Int {
        switch observation.fact {
        case .sample(let sample, _): rowBytes * (sample.rows.count + 1)
        case .foreign(let line): rowBytes + line.count
        default: rowBytes
        }
    }
}
