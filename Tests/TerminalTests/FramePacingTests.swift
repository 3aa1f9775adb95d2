// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Terminal

struct FramePacingTests {
    private let start = ContinuousClock.now
    private let interval = FramePacing.interval

    /// A pacing that showed facts at the start.
    private func shownFacts() -> FramePacing {
        var pacing = FramePacing(at: start)
        pacing.wait()
        let isShown = pacing.begin(at: start)
        #expect(isShown)
        return pacing
    }

    @Test("The first frame is shown at once, and nothing is due before the next canvas")
    func first() {
        let pacing = shownFacts()
        #expect(pacing.due == nil)
    }

    @Test("Facts wait for a sixtieth of a second after any frame")
    func facts() {
        var pacing = shownFacts()
        pacing.wait()
        #expect(pacing.due == start + interval)
        let isEarly = pacing.begin(at: start + interval - .nanoseconds(1))
        let isShown = pacing.begin(at: start + interval)
        #expect(!isEarly && isShown)
    }

    @Test("What answers a key is shown at once, just after a frame of facts too")
    func answer() {
        var pacing = shownFacts()
        pacing.wait(answering: true)
        let isShown = pacing.begin(at: start + .milliseconds(1))
        #expect(isShown)
    }

    @Test("Facts do not make an answer wait that they come with")
    func answerWithFacts() {
        var pacing = shownFacts()
        pacing.wait(answering: true)
        pacing.wait()
        let isShown = pacing.begin(at: start + .milliseconds(1))
        #expect(isShown)
    }

    @Test("A second of keys and facts, one of each every 100 µs, is shown in 120 frames")
    func flood() {
        var pacing = FramePacing(at: start)
        var frames = 0
        for step in 0..<10_000 {
            pacing.wait(answering: step.isMultiple(of: 2))
            if pacing.begin(at: start + .microseconds(100 * step)) { frames += 1 }
        }
        #expect(frames >= 58 && frames <= 121)
    }

    @Test("A key held down as fast as a terminal repeats it is answered each time")
    func heldKey() {
        var pacing = FramePacing(at: start)
        for press in 0..<100 {
            pacing.wait(answering: true)
            let isShown = pacing.begin(at: start + .milliseconds(17 * press))
            #expect(isShown)
        }
    }

    @Test("After a resize the old canvas waits for 50 ms, and one of the new size does not")
    func resize() {
        var pacing = shownFacts()
        let resizedAt = start + .seconds(1)
        pacing.resize(at: resizedAt)
        #expect(pacing.due == resizedAt + FramePacing.resizeGrace)
        pacing.wait(answering: true)
        #expect(pacing.due == resizedAt + FramePacing.resizeGrace)
        pacing.wait(fits: true)
        let isShown = pacing.begin(at: resizedAt)
        #expect(isShown)
    }

    @Test("Nothing is due when what waited turns out to be on the screen")
    func rest() {
        var pacing = shownFacts()
        pacing.wait(answering: true)
        pacing.rest()
        #expect(pacing.due == nil)
    }
}
