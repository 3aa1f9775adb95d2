// SPDX-License-Identifier: Apache-2.0

/// Which of the canvases that were handed over the terminal has shown, by their marks, which only ever rise.
///
/// What the kernel took may wait there for a terminal that has stopped reading. So behind a frame with a new mark the terminal
/// is asked for its status, which it answers when it has read that far. One that never answered such a question is
/// believed to have shown what was written whole.
struct ShownMark {
    /// The greatest mark of which a frame was shown, and since when that is known; `nil` = none was.
    private(set) var shown: (mark: Int, at: ContinuousClock.Instant)?
    /// The mark of the last frame that was made, sent or not.
    private var made: Int?
    /// The marks behind which the terminal was asked, oldest first.
    private var asked: [Int] = []
    private var askedAt: ContinuousClock.Instant?
    private var hasAnswered = false

    private static let maximumQuestions = 8
    /// After so long a question may have been lost, and is asked again.
    private static let patience: Duration = .seconds(1)

    /// A frame shows the canvas with this mark, or the last one does as well.
    ///
    /// - Returns: whether to ask the terminal behind it.
    mutating func make(_ mark: Int, at now: ContinuousClock.Instant) -> Bool {
        made = mark
        guard mark > shown?.mark ?? .min, asked.count < Self.maximumQuestions else { return false }
        if let last = asked.last, let askedAt, last >= mark, askedAt.duration(to: now) < Self.patience { return false }
        asked.append(mark)
        askedAt = now
        return true
    }

    /// The terminal answered the oldest question. Where one was lost that says less than it might, never more.
    mutating func answer(at now: ContinuousClock.Instant) {
        hasAnswered = true
        guard !asked.isEmpty else { return }
        show(asked.removeFirst(), at: now)
    }

    /// All that was made has been written.
    mutating func flush(at now: ContinuousClock.Instant) {
        guard let made, !hasAnswered else { return }
        show(made, at: now)
    }

    /// What was made and not written never will be.
    mutating func discard() { made = shown?.mark }

    private mutating func show(_ mark: Int, at now: ContinuousClock.Instant) {
        if mark > shown?.mark ?? .min { shown = (mark, now) }
    }
}
