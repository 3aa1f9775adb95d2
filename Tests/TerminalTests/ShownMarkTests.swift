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
        marks.make(1)
        #expect(marks.shown == nil)
        marks.flush(at: start + .seconds(1))
        marks.make(1)
        marks.flush(at: start + .seconds(2))
        #expect(marks.shown?.mark == 1 && marks.shown?.at == start + .seconds(1))
    }

    @Test("While a rest of its frame waits, the canvas before is what is shown")
    func blocked() {
        var marks = ShownMark()
        marks.make(1)
        marks.flush(at: start)
        marks.make(2)
        #expect(marks.shown?.mark == 1)
    }

    @Test("A frame that is thrown away was not shown; the next one is")
    func discarded() {
        var marks = ShownMark()
        marks.make(1)
        marks.flush(at: start)
        marks.make(2)
        marks.discard()
        marks.flush(at: start + .seconds(1))
        #expect(marks.shown?.mark == 1)
        marks.make(2)
        marks.flush(at: start + .seconds(2))
        #expect(marks.shown?.mark == 2 && marks.shown?.at == start + .seconds(2))
    }
}
