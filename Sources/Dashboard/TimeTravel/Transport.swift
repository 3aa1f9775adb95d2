// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// Which moment of the past the screen shows, and how it goes on from there: a pure state machine, to which the operator's time
/// comes as an argument. It says where to go; whoever holds the recording goes there and says when it has arrived.
///
/// Moments are on the recording's clock, which never goes back, in milliseconds.
package struct Transport: Sendable {
    package enum Tape: Sendable, Hashable {
        /// A recording, by its name.
        case recording(String)
        /// What this screen saw lately, which goes on.
        case recent
    }

    /// How far ← and → go.
    static let leap: Milliseconds = 5_000
    package static let speeds = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]
    /// Where nothing happens for longer, ``skipsQuiet`` goes on to so long before the next transition.
    static let quietTime: Milliseconds = 5_000
    static let leadTime: Milliseconds = 2_000

    package let tape: Tape
    /// What there is to be shown.
    package private(set) var range: ClosedRange<Milliseconds>
    /// Oldest first.
    package private(set) var transitions: [Transition] = []
    /// Whether all of the recording has been looked through for them.
    package private(set) var isLookedThrough = false
    /// Where the screen is, or will be as soon as that is found.
    package private(set) var position: Milliseconds
    package private(set) var isPlaying = false
    private var speedIndex = 2
    package internal(set) var skipsQuiet = false
    /// The stretch that is played over and over, its end `nil` until that is set.
    package private(set) var loop: (from: Milliseconds, to: Milliseconds?)?
    private var wanted: Journey?
    /// The moment that the screen shows by now.
    private var shown: Milliseconds
    package private(set) var isUnderWay = false
    /// The operator's monotonic time up to which playing has gone on.
    private var playedAt: Milliseconds = 0

    package init(_ tape: Tape, _ chronology: Chronology, at moment: Milliseconds) {
        self.tape = tape
        range = chronology.range
        position = min(max(moment, range.lowerBound), range.upperBound)
        shown = position
        learn(chronology)
    }

    package var speed: Double { Self.speeds[speedIndex] }

    /// More is known of what there is.
    package mutating func learn(_ chronology: Chronology) {
        (range, transitions, isLookedThrough) = (chronology.range, chronology.transitions, chronology.isComplete)
        // What is not kept any more cannot be shown: the screen stands at the oldest that is.
        if position < range.lowerBound { seek(to: range.lowerBound) }
    }

    // MARK: - Going there

    /// The journey to begin now; `nil` = there is none, or one is under way: of several wishes only the last counts.
    package mutating func depart() -> Journey? {
        guard !isUnderWay, let journey = wanted else { return nil }
        (wanted, isUnderWay) = (nil, true)
        return journey
    }

    /// A journey led to a moment; `nil` = nowhere: what was shown is shown.
    package mutating func arrive(at moment: Milliseconds?) {
        isUnderWay = false
        if moment == nil { pause() }
        shown = moment ?? shown
        if wanted == nil, !isPlaying { position = min(max(shown, range.lowerBound), range.upperBound) }
    }

    package mutating func seek(to moment: Milliseconds) {
        position = min(max(moment, range.lowerBound), range.upperBound)
        wanted = .to(position)
    }

    /// To the next fact, or to the one before.
    package mutating func step(forward: Bool) {
        isPlaying = false
        wanted = forward ? .stepForward(from: position) : .stepBack(from: position)
    }

    package mutating func jump(by time: Milliseconds) { seek(to: position.saturatingSum(time)) }

    /// By tenths of all there is.
    package mutating func jump(tenths: Int64) { jump(by: (range.upperBound - range.lowerBound) / 10 * tenths) }

    // MARK: - Playing

    package mutating func play(at now: Milliseconds) {
        if position >= range.upperBound, case .recording = tape { seek(to: range.lowerBound) }
        (isPlaying, playedAt) = (true, now)
    }

    package mutating func pause() { isPlaying = false }

    package mutating func changeSpeed(by step: Int) {
        speedIndex = min(max(0, speedIndex + step), Self.speeds.count - 1)
    }

    package mutating func setSpeed(_ speed: Double) -> Bool {
        guard let index = Self.speeds.firstIndex(of: speed) else { return false }
        speedIndex = index
        return true
    }

    /// Time went by for the operator.
    package mutating func tick(at now: Milliseconds) {
        guard isPlaying else { return }
        let elapsed = max(0, now.saturatingDifference(playedAt))
        playedAt = now
        // A screen that stood still for an hour does not jump by one.
        var next = position.saturatingSum(Milliseconds(Double(min(elapsed, 5_000)) * speed))
        if skipsQuiet { next = max(next, endOfQuiet(from: next)) }
        if let loop, let end = loop.to, next >= end { next = loop.from }
        seek(to: next)
        if position >= range.upperBound { pause() }
    }

    /// Shortly before the next transition, if that is far; else the moment itself.
    private func endOfQuiet(from moment: Milliseconds) -> Milliseconds {
        let index = transitions.partitioningIndex { $0.at > moment - Self.quietTime }
        let next = transitions.indices.contains(index) ? transitions[index].at : range.upperBound
        guard next - moment > Self.quietTime, next > moment else { return moment }
        // Beyond what has been looked through nobody knows whether it is quiet.
        guard isLookedThrough || transitions.indices.contains(index) else { return moment }
        return max(moment, next - Self.leadTime)
    }

    /// Begins a loop here, ends it here, or drops it.
    package mutating func cycleLoop() -> String {
        guard let loop else {
            self.loop = (position, nil)
            return "the loop begins here; the same key again ends it"
        }
        guard loop.to == nil else {
            self.loop = nil
            return "no loop any more"
        }
        guard position > loop.from else {
            self.loop = (position, nil)
            return "the loop begins here instead: its end comes after its beginning"
        }
        self.loop = (loop.from, position)
        seek(to: loop.from)
        return "plays this stretch over and over; the same key drops the loop"
    }

    // MARK: - Transitions and marks

    /// Goes to the next transition, or to the one before, of all circuits or of one; returns it, `nil` = there is none.
    package mutating func visitTransition(forward: Bool, of place: Transition.Place? = nil) -> Transition? {
        let index =
            forward
            ? transitions.partitioningIndex { $0.at > position }
            : transitions.partitioningIndex { $0.at >= position } - 1
        let candidates =
            forward
            ? Array(transitions.indices.suffix(from: min(index, transitions.count)))
            : transitions.indices.prefix(index + 1).reversed()
        let found = candidates.first { place == nil || transitions[$0].place == place }
        guard let found else { return nil }
        isPlaying = false
        seek(to: transitions[found].at)
        return transitions[found]
    }

    /// Goes to the mark after this moment, or to the first.
    package mutating func visitNext(of marks: TimeMarks) -> TimeMarks.Mark? {
        guard let mark = marks.all.first(where: { $0.at > position }) ?? marks.all.first else { return nil }
        seek(to: mark.at)
        return mark
    }
}
