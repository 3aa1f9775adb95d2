// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Canvas
import Glibc

/// What the terminal's thread does: waits for bytes, signals and the mailbox, and draws. Without any of them it sleeps.
struct TerminalLoop {
    let traits: Terminal.Traits
    private let info: cn_info
    private let state: TerminalState
    private var input: TerminalInput
    private var screen: TerminalScreen
    /// When each of these is due.
    private var inputTimeOut: ContinuousClock.Instant?
    private var kill: (at: ContinuousClock.Instant, status: Int32)?
    private var resumedAt: ContinuousClock.Instant?
    private var isLost = false
    private var isStopping = false

    private static let patience = Duration.seconds(2)

    init(options: TerminalOptions, state: TerminalState) throws(TerminalError) {
        info = try TerminalStart.open(options)
        traits = TerminalStart.traits(info)
        self.state = state
        input = TerminalInput(descriptor: info.tty, keys: TerminalStart.keys())
        let size = Self.screenSize ?? Size(columns: 80, rows: 24)
        state.size = size
        screen = TerminalScreen(descriptor: info.tty, size: size, extras: info.extras, mouse: options.mouse)
    }

    /// Until the mailbox says stop.
    mutating func run() {
        screen.open()
        while !isStopping {
            let isInput = wait()
            // Before the keys: after a stop they may have been typed for somebody else.
            readSignals()
            readErrors()
            if isInput { readInput() }
            readMailbox()
            work()
        }
        // Where the orderly way is blocked, the way of a crash throws away what blocks it.
        if !screen.close() { cn_restore() }
        cn_stop()
        state.statistics = screen.statistics
    }

    /// Returns whether there is input.
    private func wait() -> Bool {
        var descriptors = [
            pollfd(fd: info.wake_read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: info.errors_read, events: Int16(POLLIN), revents: 0),
            // A descriptor below zero is left out: a terminal that is gone would wake us for ever.
            pollfd(fd: isLost ? -1 : info.tty, events: Int16(POLLIN | (screen.isBlocked ? POLLOUT : 0)), revents: 0),
        ]
        let now = ContinuousClock.now
        let due = [inputTimeOut, kill?.at, screen.due].compactMap { $0 }.min()
        let milliseconds = due.map { max(.zero, now.duration(to: $0)).millisecondsRoundedUp } ?? -1
        guard poll(&descriptors, 3, milliseconds) >= 0 else { return false }
        return descriptors[2].revents & ~Int16(POLLOUT) != 0
    }

    private mutating func work() {
        let now = ContinuousClock.now
        if let inputTimeOut, inputTimeOut <= now {
            handle(input.timeOut())
            self.inputTimeOut = nil
        }
        if let kill, kill.at <= now { cn_exit_now(kill.status) }
        guard !isLost, !isStopping else { return }
        if !screen.advance(now: now) { lose() }
        state.shown = screen.shown
        state.statistics = screen.statistics
    }

    private mutating func readInput() {
        guard let outputs = input.read() else { return lose() }
        handle(outputs)
        inputTimeOut = input.patience.map { ContinuousClock.now + $0 }
    }

    private mutating func handle(_ outputs: [KeyDecoder.Output]) {
        for output in outputs {
            switch output {
            case .event(let event):
                // While the window had no focus, anything may have been written on it.
                if event == .focus(true) { screen.repaint() }
                state.events.post(event)
            case .modeReport(let mode, let value):
                screen.modeReported(mode, value: value)
            case .statusReport: screen.statusReported()
            }
        }
    }

    private mutating func lose() {
        guard !isLost else { return }
        isLost = true
        inputTimeOut = nil
        state.events.post(.endOfInput)
    }

    private mutating func readMailbox() {
        let mail = state.mailbox.take()
        isStopping = mail.stop
        guard !isLost else { return }
        if let canvas = mail.canvas { screen.present(canvas, mark: mail.mark, answering: mail.isAnswer) }
        if mail.repaint { screen.repaint() }
        if mail.bell { screen.bell() }
        if let mouse = mail.mouse { screen.setMouse(mouse) }
    }

    private func readErrors() {
        guard info.errors_read >= 0 else { return }
        Self.drain(info.errors_read) { bytes in
            bytes.withUnsafeBufferPointer { cn_keep_errors($0.baseAddress, $0.count) }
        }
    }

    private mutating func readSignals() {
        var signals: Set<Int32> = []
        Self.drain(info.wake_read) { bytes in signals.formUnion(bytes.map(Int32.init)) }
        if signals.contains(SIGTSTP) { suspend() } else if signals.contains(SIGCONT) { continued() }
        if signals.contains(SIGWINCH) { resized() }
        for signal in [SIGHUP, SIGINT, SIGTERM] where signals.contains(signal) {
            kill = kill ?? (ContinuousClock.now + Self.patience, 128 + signal)
            state.events.post(.terminate(signal: signal))
        }
    }

    private mutating func suspend() {
        screen.close()
        cn_modes(false)
        cn_suspend()
        resume()
    }

    /// Continued after a stop that we did not see coming, or after our own, which has been dealt with.
    private mutating func continued() {
        if let resumedAt, ContinuousClock.now < resumedAt + .milliseconds(100) { return }
        screen.forget()
        resume()
    }

    private mutating func resume() {
        resumedAt = .now
        cn_modes(true)
        resized()
        screen.open()
        state.events.post(.resumed)
    }

    private mutating func resized() {
        guard let size = Self.screenSize, size != screen.size else { return }
        screen.resize(to: size, now: .now)
        state.size = size
        state.events.post(.resize(size))
    }

    private static var screenSize: Size? {
        var rows: Int32 = 0
        var columns: Int32 = 0
        return cn_size(&rows, &columns) ? Size(columns: Int(columns), rows: Int(rows)).bounded : nil
    }

    /// Reads what is there, but not for ever.
    private static func drain(_ descriptor: Int32, _ take: ([UInt8]) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 1_024)
        for _ in 0..<64 {
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            take(Array(bytes[..<count]))
            if count < bytes.count { return }
        }
    }
}

extension Duration {
    /// For `poll`, which must not wake before the time.
    fileprivate var millisecondsRoundedUp: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = min(seconds, 1_000) * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: milliseconds)
    }
}
