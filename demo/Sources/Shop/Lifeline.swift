// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import Synchronization

/// Hears that this process should end: TERM, INT or HUP, or the end of what feeds its standard input.
///
/// Whoever starts a service keeps the other end of its standard input and never writes. The kernel closes it when that
/// process ends, however it ends, so that no service outlives its supervisor.
final class Lifeline: Sendable {
    private let endings: AsyncStream<Void>
    private let flag = Flag()
    // Kept, since a source that is released hears nothing, and never touched again, so that sharing it is safe.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        endings = stream
        let tell = { @Sendable [flag] in
            flag.raise()
            _ = continuation.yield()
        }
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: tell)
            source.activate()
            return source
        }
        // A pipe only: a terminal, a file or /dev/null say nothing about who started us.
        var status = stat()
        guard fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            tell()
        }
    }

    /// Whether this process has been told to end.
    var isOver: Bool { flag.isRaised }

    /// Returns when this process is told to end, or the task is cancelled. From then on it has 1.5 s: a thread sees to
    /// that.
    func ending() async {
        _ = await endings.first { _ in true }
        Thread.detachNewThread {
            usleep(1_500_000)
            _exit(0)
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isRaised: Bool { value.load(ordering: .relaxed) }
        func raise() { value.store(true, ordering: .relaxed) }
    }
}
