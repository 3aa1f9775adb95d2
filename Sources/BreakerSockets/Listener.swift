// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Listens on a claimed socket for as long as the body runs; connections that nobody took are closed with it.
///
/// When the process is out of file descriptors or memory it accepts again after a pause; until then peers wait in the
/// backlog.
/// - Parameter backlog: how many connections the kernel keeps for us.
package func withListener<Result: Sendable>(
    on claim: SocketClaim, backlog: Int32 = 64, lineLimit: Int = BoundedLineDecoder.defaultLimit,
    _ body: (Listener) async throws -> Result
) async throws -> Result {
    guard let socket = claim.takeSocket() else {
        throw SocketError(.closed, "socket '\(claim.path)' was listened on before")
    }
    let waiting = WaitingConnections()
    let result: Result
    do {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: backlog)
            // Accepted one by one as they are taken: what waits, waits in the backlog and costs no descriptor.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveBuffer.allocator)
            .bind(socket, serverBackPressureStrategy: .init(lowWatermark: 1, highWatermark: 2)) { channel in
                channel.eventLoop.makeCompletedFuture { try waiting.wrap(channel, lineLimit: lineLimit) }
                    .and(PeerCredentials.of(channel))
                    .map { IncomingConnection($0, $1, waiting) }
            }
        result = try await server.executeThenClose { connections in
            try await body(Listener(connections: connections))
        }
    } catch {
        await waiting.closeAll()
        throw error
    }
    await waiting.closeAll()
    return result
}

/// The connections that arrive at a socket.
package struct Listener: AsyncSequence {
    package typealias Element = IncomingConnection

    fileprivate let connections: NIOAsyncChannelInboundStream<IncomingConnection>

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var connections: NIOAsyncChannelInboundStream<IncomingConnection>.AsyncIterator

        /// The next connection; `nil` when the task is cancelled.
        package mutating func next() async throws -> IncomingConnection? { try await next(isolation: nil) }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> IncomingConnection? {
            do {
                return try await connections.next(isolation: actor)
            } catch is CancellationError {
                return nil
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(connections: connections.makeAsyncIterator())
    }
}

/// A connection that was accepted and not yet begun.
package struct IncomingConnection: Sendable {
    private let channel: NIOAsyncChannel<InboundLine, ByteBuffer>
    private let peer: PeerCredentials?
    private let waiting: WaitingConnections

    fileprivate init(
        _ channel: NIOAsyncChannel<InboundLine, ByteBuffer>, _ peer: PeerCredentials?, _ waiting: WaitingConnections
    ) {
        self.channel = channel
        self.peer = peer
        self.waiting = waiting
    }

    /// Holds the conversation and closes the connection after it. To be called once.
    package func run<Result: Sendable>(_ body: (LineConnection) async throws -> Result) async throws -> Result {
        waiting.remove(channel)
        return try await LineConnection.run(channel, peer: peer, body)
    }
}

/// The accepted connections that nobody has begun yet; without this they would outlive their listener.
private final class WaitingConnections: Sendable {
    private typealias Wrapped = NIOAsyncChannel<InboundLine, ByteBuffer>

    // `nil` once the listener has ended.
    private let channels = Mutex<[ObjectIdentifier: Wrapped]?>([:])

    func wrap(_ channel: any Channel, lineLimit: Int) throws -> NIOAsyncChannel<InboundLine, ByteBuffer> {
        try channels.withLock { channels in
            // Wrapped only where somebody will close it: a wrapped channel must not simply be let go.
            guard channels != nil else { throw SocketError(.closed, "the listener has ended") }
            let wrapped = try LineConnection.wrap(channel, lineLimit: lineLimit)
            channels?[ObjectIdentifier(channel)] = wrapped
            return wrapped
        }
    }

    func remove(_ wrapped: NIOAsyncChannel<InboundLine, ByteBuffer>) {
        channels.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(wrapped.channel)) }
    }

    func closeAll() async {
        let left = channels.withLock { channels in
            defer { channels = nil }
            return channels
        }
        for wrapped in (left ?? [:]).values { try? await wrapped.executeThenClose { _, _ in } }
    }
}

enum ReceiveBuffer {
    /// Small for the many connections that seldom speak, one longest line for those that do.
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
}
