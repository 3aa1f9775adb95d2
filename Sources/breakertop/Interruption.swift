// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// The signals by which a user ends a program.
enum Interruption {
    /// Waits for one, or until the task is cancelled. Until then, and after, they do not end the process.
    static func wait() async {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        for await _ in signals { return }
    }
}
