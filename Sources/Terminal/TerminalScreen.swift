// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Canvas
import Glibc

/// The output side: which canvas is due when, and what goes around its bytes.
struct TerminalScreen {
    private(set) var size: Size
    private let descriptor: Int32
    /// Speaks xterm's private modes.
    private let extras: Bool
    private var mouse: Bool
    private var synchronized = false
    private var output = OutputBuffer()
    private var frames = 0
    private var painter: Painter
    /// The newest canvas, shown or not.
    private var canvas: Canvas?
    private var mark = 0
    private var marks = ShownMark()
    private var pacing = FramePacing(at: .now)
    private(set) var isBlocked = false

    init(descriptor: Int32, size: Size, extras: Bool, mouse: Bool) {
        self.descriptor = descriptor
        self.size = size
        self.extras = extras
        self.mouse = mouse
        painter = Painter(screen: size)
        cn_resize(Int32(size.rows), Int32(size.columns))
    }

    var statistics: TerminalStatistics {
        var statistics = TerminalStatistics()
        statistics.frames = frames
        statistics.bytes = output.totalBytes
        statistics.writes = output.totalWrites
        return statistics
    }

    /// As of ``ShownMark/shown``.
    var shown: (mark: Int, at: ContinuousClock.Instant)? { marks.shown }

    /// When `advance` has something to do without anything having happened; nil if never.
    var due: ContinuousClock.Instant? { isBlocked ? nil : pacing.due }

    /// Modes on; the screen itself is taken with the first frame.
    mutating func open() {
        guard extras else { return }
        // Sent before the first frame: a terminal that does not know the question and prints it is cleared right after.
        output.append("\u{1B}[?2026$p\u{1B}[?2004;1004h")
        if mouse { output.append("\u{1B}[?1000;1002;1006h") }
    }

    /// Modes off and the screen given back; waits at most 200 ms for a terminal that takes nothing.
    /// - Returns: false if not all of it could be sent.
    @discardableResult
    mutating func close() -> Bool {
        if extras { output.append("\u{1B}[?1000;1002;1006;1004;2004l") }
        var count = 0
        output.append(cn_leave(&count), count: count)
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while output.flush(to: descriptor) == .blocked, poll(&waiting, 1, 200) > 0 {}
        defer { forget() }
        return output.isEmpty
    }

    /// The terminal shows who knows what: the next frame is drawn in full.
    mutating func forget() {
        output.discard()
        marks.discard()
        isBlocked = false
        // A full frame out of a state that ncurses does not doubt: leave it, and enter it again.
        var count = 0
        _ = cn_leave(&count)
        repaint()
    }

    mutating func repaint() {
        painter.resize(to: size)
        cn_redraw()
        if canvas != nil { pacing.wait() }
    }

    mutating func resize(to size: Size, now: ContinuousClock.Instant) {
        self.size = size
        cn_resize(Int32(size.rows), Int32(size.columns))
        painter.resize(to: size)
        if canvas != nil { pacing.resize(at: now) }
    }

    /// - Parameters:
    ///   - mark: the canvas's.
    ///   - answering: whether it shows what a key did.
    mutating func present(_ canvas: Canvas, mark: Int, answering: Bool) {
        (self.canvas, self.mark) = (canvas, mark)
        guard !painter.isShown(canvas) else {
            ask(behind: mark)
            return pacing.rest()
        }
        pacing.wait(answering: answering, fits: canvas.size == size)
    }

    mutating func bell() {
        // What waits for a slow terminal is bounded.
        guard !isBlocked else { return }
        output.append("\u{7}")
    }

    mutating func setMouse(_ enabled: Bool) {
        guard extras, mouse != enabled else { return }
        mouse = enabled
        if enabled { output.append("\u{1B}[?1000;1002;1006h") } else { output.append("\u{1B}[?1000;1002;1006l") }
    }

    mutating func modeReported(_ mode: Int, value: Int) {
        // Set, or reset and known: both mean that the terminal holds back a frame until it is complete.
        if mode == 2_026 { synchronized = value == 1 || value == 2 }
    }

    /// Draws and sends what is due. False when the terminal is gone.
    mutating func advance(now: ContinuousClock.Instant) -> Bool {
        // While a rest of the last frame waits, no further one is made: a slow terminal gets fewer frames, newer ones.
        if let canvas, !isBlocked, pacing.begin(at: now) { draw(canvas) }
        switch output.flush(to: descriptor) {
        case .done:
            isBlocked = false
            marks.flush(at: now)
        case .blocked: isBlocked = true
        case .lost: return false
        }
        return true
    }

    private mutating func draw(_ canvas: Canvas) {
        painter.draw(canvas)
        defer { ask(behind: mark) }
        var count = 0
        let bytes = cn_frame(&count)
        guard count > 0 else { return }
        frames += 1
        if synchronized { output.append("\u{1B}[?2026h") }
        output.append(bytes, count: count)
        if synchronized { output.append("\u{1B}[?2026l") }
    }

    /// Asks the terminal for its status, where what it answers tells something.
    private mutating func ask(behind mark: Int) {
        if marks.make(mark, at: .now), extras { output.append("\u{1B}[5n") }
    }

    /// The terminal answered that it is well: it has read all up to the oldest question.
    mutating func statusReported() { marks.answer(at: .now) }
}
