// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// A connection that speaks in lines. It is open within the scope that gave it and closed at its end.
package struct LineConnection: Sendable {
    /// Who is at the other end; `nil` where nobody can say.
    package let peer: Peer?
    /// The lines that come in.
    package let lines: LineSequence

    private let channel: any Channel

    /// How long an operation whose task is cancelled may go on.
    private static let grace: TimeAmount = .seconds(1)

    /// Sends bytes, and returns when the kernel has taken all of them: a peer that does not read holds the sender here.
    ///
    /// When the time is over, or a second after the task was cancelled, the connection is closed, because a part of a
    /// line may be out.
    /// - Throws: ``SocketError/Code/timedOut`` or ``SocketError/Code/closed``.
    package func send(_ bytes: [UInt8], timeout: Duration = .seconds(10)) async throws(SocketError) {
        let pending = PendingSend(channel)
        pending.close(in: TimeAmount(timeout))
        do {
            let written = channel.eventLoop.makePromise(of: Void.self)
            // On the event loop: a task that resumes late must not close a connection whose peer has read.
            written.futureResult.whenComplete { _ in pending.finish() }
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: written)
            try await withTaskCancellationHandler {
                try await written.futureResult.get()
            } onCancel: {
                pending.close(in: Self.grace)
            }
        } catch {
            guard !pending.hasTimedOut else {
                throw SocketError(.timedOut, "the peer did not read for \(timeout)")
            }
            throw SocketError(.closed, "the connection is closed")
        }
    }

    /// Closes both directions at once; a waiting `send` fails and the lines end.
    package func close() {
        channel.close(promise: nil)
    }

    /// Gives a channel's conversation to a body, once it is known who is there, and closes the channel after it.
    ///
    /// - Parameter handshakeTime: how long finding out may take.
    static func run<Result: Sendable>(
        _ line: LineChannel, handshakeTime: Duration, _ body: (LineConnection) async throws -> Result
    ) async throws -> Result {
        try await line.wrapped.executeThenClose { lines, _ in
            let peer = try await line.identify(within: handshakeTime)
            return try await body(LineConnection(peer: peer, lines: LineSequence(lines), channel: line.channel))
        }
    }

    private init(peer: Peer?, lines: LineSequence, channel: any Channel) {
        self.peer = peer
        self.lines = lines
        self.channel = channel
    }
}

/// The time limit of one send, kept by the channel's event loop.
private final class PendingSend: Sendable {
    private struct State {
        var timers: [Scheduled<Void>] = []
        var isOver = false
        var hasTimedOut = false
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) { self.channel = channel }

    var hasTimedOut: Bool { state.withLock(\.hasTimedOut) }

    func close(in time: TimeAmount) {
        let timer = channel.eventLoop.scheduleTask(in: time) { self.expire() }
        let isOver = state.withLock { state in
            state.timers.append(timer)
            return state.isOver
        }
        if isOver { timer.cancel() }
    }

    func finish() {
        let timers = state.withLock { state in
            state.isOver = true
            defer { state.timers = [] }
            return state.timers
        }
        for timer in timers { timer.cancel() }
    }

    private func expire() {
        let isOver = state.withLock { state in
            if !state.isOver { state.hasTimedOut = true }
            return state.isOver
        }
        if !isOver { channel.cut() }
    }
}
