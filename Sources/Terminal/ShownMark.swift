// SPDX-License-Identifier: Apache-2.0

/// Which of the canvases that were handed over the terminal has taken whole, by their marks, which only ever rise.
struct ShownMark {
    /// The greatest mark of which a frame was written whole, and when that was first so; `nil` = none was.
    private(set) var shown: (mark: Int, at: ContinuousClock.Instant)?
    /// The mark of the last frame that was made, sent or not.
    private var made: Int?

    /// A frame shows the canvas with this mark, or the last one does as well.
    mutating func make(_ mark: Int) { made = mark }

    /// All that was made has been written.
    mutating func flush(at now: ContinuousClock.Instant) {
        guard let made, made > shown?.mark ?? .min else { return }
        shown = (made, now)
    }

    /// What was made and not written never will be.
    mutating func discard() { made = shown?.mark }
}
