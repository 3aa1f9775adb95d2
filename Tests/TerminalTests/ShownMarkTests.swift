// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Terminal

struct ShownMarkTests {
    private let start = ContinuousClock.now

    @Test("A canvas is shown from when the first frame with its mark was written whole, whatever follows")
    func first() {
        var marks = ShownMark()
        marks.flush(at: start)
        #expect(marks.shown == nil)
        _ = marks.make(1, at: start)
        #expect(marks.shown == nil)
        marks.flush(at: start + .seconds(1))
        _ = marks.make(1, at: start)
        marks.flush(at: start + .seconds(2))
        #expect(marks.shown?.mark == 1 && marks.shown?.at == start + .seconds(1))
    }

    @Test("While a rest of its frame waits, the canvas before is what is shown")
    func blocked() {
        var marks = ShownMark()
        _ = marks.make(1, at: start)
        marks.flush(at: start)
        _ = marks.make(2, at: start)
        #expect(marks.shown?.mark == 1)
    }

    @Test("A frame that is thrown away was not shown; the next one is")
    func discarded() {
        var marks = ShownMark()
        _ = marks.make(1, at: start)
        marks.flush(at: start)
        _ = marks.make(2, at: start)
        marks.discard()
        marks.flush(at: start + .seconds(1))
        #expect(marks.shown?.mark == 1)
        _ = marks.make(2, at: start)
        marks.flush(at: start + .seconds(2))
        #expect(marks.shown?.mark == 2 && marks.shown?.at == start + .seconds(2))
    }

    @Test("To a terminal that answers a frame is shown when it read the question behind it, not when it was written")
    func answered() {
        var marks = ShownMark()
        var isAsked = marks.make(1, at: start)
        #expect(isAsked)
        marks.flush(at: start)
        marks.answer(at: start + .seconds(1))
        #expect(marks.shown?.at == start, "it was not known yet that it answers")
        isAsked = marks.make(1, at: start)
        #expect(!isAsked)
        isAsked = marks.make(2, at: start)
        #expect(isAsked)
        marks.flush(at: start + .seconds(2))
        #expect(marks.shown?.mark == 1)
        marks.answer(at: start + .seconds(3))
        #expect(marks.shown?.mark == 2 && marks.shown?.at == start + .seconds(3))
    }

    @Test("A question that was lost is asked again, a few times; an answer too few never says too much")
    func lost() {
        var marks = ShownMark()
        _ = marks.make(1, at: start)
        marks.answer(at: start)
        let questions = (0..<100).map { marks.make($0 < 50 ? 2 : 3, at: start + .milliseconds(100 * $0)) }
        #expect(questions.count { $0 } == 8)
        for _ in 1...5 { marks.answer(at: start + .seconds(60)) }
        #expect(marks.shown?.mark == 2)
        for _ in 1...3 { marks.answer(at: start + .seconds(60)) }
        #expect(marks.shown?.mark == 3)
        marks.answer(at: start + .seconds(60))
        #expect(marks.shown?.mark == 3)
    }
}
