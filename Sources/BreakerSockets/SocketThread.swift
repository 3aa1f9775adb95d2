// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// One of the threads on which sockets are read and timers kept.
package struct SocketThread: Sendable {
    private let loop: any EventLoop

    package init() { loop = MultiThreadedEventLoopGroup.singleton.next() }

    /// Does something on it, in the order in which it was asked for. It must not block there.
    package func run(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }

    /// Makes it the only one of the process: who takes what comes where it is read need not wake another thread for each
    /// line. To be called once, before the first socket or pause: NIO ends the process otherwise.
    package static func makeOnly() { NIOSingletons.groupLoopCountSuggestion = 1 }
}

/// Rings a bell again and again while a body runs; rings that nobody waits for are one.
///
/// Costs half of what ``pause(for:)`` does, which asks the event loop for a timer each time.
package func withTicks<Result>(
    every interval: Duration, isolation: isolated (any Actor)? = #isolation, _ body: (Doorbell) async throws -> Result
) async rethrows -> Result {
    let bell = Doorbell()
    let time = TimeAmount(interval)
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let ticker = loop.scheduleRepeatedTask(initialDelay: time, delay: time) { _ in bell.ring() }
    defer { ticker.cancel() }
    return try await body(bell)
}
