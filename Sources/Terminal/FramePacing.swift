// SPDX-License-Identifier: Apache-2.0

/// When the newest canvas may be shown: what answers a key at once, what only follows facts at most 60 times a second.
///
/// Answers wait for each other alone: whoever holds a key, or floods the terminal with keys, gets 60 of them a second, and
/// with the facts' no more than 120 frames.
struct FramePacing {
    typealias Instant = ContinuousClock.Instant

    /// The least time between two frames of a kind.
    static let interval = Duration.nanoseconds(1_000_000_000 / 60)
    /// After a resize the program draws for the new size at once; only if it does not is the old canvas shown, clipped.
    static let resizeGrace = Duration.milliseconds(50)

    private enum Kind {
        case facts, answer
    }

    private var waiting: Kind?
    private var lastFrame: Instant
    private var lastAnswer: Instant
    /// Until then a canvas for the new size may come.
    private var graceEnds: Instant?

    init(at now: Instant) {
        lastFrame = now - Self.interval
        lastAnswer = lastFrame
    }

    /// When the next frame is due; `nil` while none waits.
    var due: Instant? {
        let earliest: Instant
        switch waiting {
        case nil: return nil
        case .facts: earliest = lastFrame + Self.interval
        case .answer: earliest = lastAnswer + Self.interval
        }
        return max(earliest, graceEnds ?? earliest)
    }

    /// A canvas waits, in the place of any that waited before; an answer that it replaces is in it.
    ///
    /// - Parameter fits: whether it was drawn for the size that the screen has.
    mutating func wait(answering: Bool = false, fits: Bool = false) {
        if answering || waiting == nil { waiting = answering ? .answer : .facts }
        if fits { graceEnds = nil }
    }

    /// What waited is on the screen already.
    mutating func rest() { waiting = nil }

    mutating func resize(at now: Instant) {
        graceEnds = now + Self.resizeGrace
        wait()
    }

    /// Whether the frame is to be made now; it counts as shown then.
    mutating func begin(at now: Instant) -> Bool {
        guard let due, due <= now else { return false }
        if waiting == .answer { lastAnswer = now }
        lastFrame = now
        (waiting, graceEnds) = (nil, nil)
        return true
    }
}
