// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Dispatch
import Glibc
import Synchronization

/// Writes lines to a descriptor from a thread of its own, so that whoever reads slowly holds up nobody else.
final class LineWriter: Sendable {
    /// The most bytes that wait to be written.
    static let capacity = 1_048_576
    /// How long a line waits for room before it is left out. Much less than a service bears with a monitor that reads nothing.
    static let patience: Duration = .seconds(2)

    private struct State {
        var queue: LineQueue
        var isWriting = false
        var isBroken = false
    }

    private let descriptor: Int32
    private let gap: @Sendable (Int) -> [UInt8]
    private let state: Mutex<State>
    private let work = DispatchSemaphore(value: 0)
    private let patience: Duration
    private let brokenContinuation: AsyncStream<Never>.Continuation

    /// Ends when nobody can read what is written any more.
    let broken: AsyncStream<Never>

    /// Starts the thread; it ends when the reader goes away.
    /// - Parameter gap: makes the line that tells how many lines were left out.
    init(
        to descriptor: Int32 = STDOUT_FILENO, capacity: Int = capacity, patience: Duration = patience,
        gap: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.descriptor = descriptor
        self.gap = gap
        self.patience = patience
        state = Mutex(State(queue: LineQueue(capacity: capacity)))
        (broken, brokenContinuation) = AsyncStream.makeStream(of: Never.self)
        // A reader that goes away is an error of `write`, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        if !startThread({ self.write() }) { state.withLock { $0.isBroken = true } }
    }

    /// Takes a line, its line feed included. Waits a while for room, unless lines are left out already.
    func put(_ line: [UInt8]) async {
        let start = ContinuousClock.now
        while !Task.isCancelled {
            let hasRoom = state.withLock { state in
                state.isBroken || state.queue.dropped > 0 || state.queue.hasRoom(for: line)
            }
            if hasRoom || start.duration(to: .now) >= patience { break }
            try? await Task.sleep(for: .milliseconds(5))
        }
        state.withLock { state in
            if !state.isBroken { state.queue.append(line, gap: gap) }
        }
        work.signal()
    }

    /// Waits until everything is written, as long as patience lasts.
    func flush() async {
        state.withLock { $0.queue.close(gap: gap) }
        work.signal()
        let start = ContinuousClock.now
        while start.duration(to: .now) < patience {
            if state.withLock({ $0.isBroken || ($0.queue.isEmpty && !$0.isWriting) }) { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    // MARK: - The thread

    private func write() {
        while true {
            // Now and then it looks whether the reader is there at all: it may be long to the next line.
            _ = work.wait(timeout: .now() + .milliseconds(250))
            let bytes = state.withLock { state in
                state.isWriting = true
                return state.queue.take()
            }
            let isOver = bytes.isEmpty ? isReaderGone : !write(bytes)
            state.withLock { state in
                state.isWriting = false
                state.isBroken = isOver
            }
            if isOver { return brokenContinuation.finish() }
        }
    }

    private var isReaderGone: Bool {
        var question = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&question, 1, 0) > 0 && question.revents & Int16(POLLERR | POLLNVAL) != 0
    }

    /// Writes all of it, however slowly it is read; `false` when nobody reads any more.
    private func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&room, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
