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
    let waiting = WaitingChannels()
    defer { waiting.closeAll() }
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: backlog)
        // Accepted one by one as they are taken: what waits, waits in the backlog and costs no descriptor.
        .serverChannelOption(.maxMessagesPerRead, value: 1)
        .childChannelOption(.autoRead, value: false)
        .childChannelOption(.recvAllocator, value: ReceiveBuffer.allocator)
        .bind(socket, serverBackPressureStrategy: .init(lowWatermark: 1, highWatermark: 2)) { channel in
            waiting.add(channel)
            return PeerCredentials.of(channel).map { IncomingConnection(channel, $0, lineLimit, waiting) }
        }
    return try await server.executeThenClose { connections in
        try await body(Listener(connections: connections))
    }
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

/// A connection that was accepted and not yet begun: nothing has been read from it.
package struct IncomingConnection: Sendable {
    private let channel: any Channel
    private let peer: PeerCredentials?
    private let lineLimit: Int
    private let waiting: WaitingChannels

    fileprivate init(_ channel: any Channel, _ peer: PeerCredentials?, _ lineLimit: Int, _ waiting: WaitingChannels) {
        self.channel = channel
        self.peer = peer
        self.lineLimit = lineLimit
        self.waiting = waiting
    }

    /// Holds the conversation and closes the connection after it. To be called once.
    package func run<Result: Sendable>(_ body: (LineConnection) async throws -> Result) async throws -> Result {
        waiting.remove(channel)
        return try await LineConnection.run(channel, peer: peer, lineLimit: lineLimit, body)
    }
}

/// The accepted channels that have no owner yet; without this they would outlive their listener.
private final class WaitingChannels: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]?>([:])

    func add(_ channel: any Channel) {
        let isOver = channels.withLock { channels in
            channels?[ObjectIdentifier(channel)] = channel
            return channels == nil
        }
        if isOver { channel.close(promise: nil) }
    }

    func remove(_ channel: any Channel) {
        channels.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func closeAll() {
        let left = channels.withLock { channels in
            defer { channels = nil }
            return channels
        }
        for channel in (left ?? [:]).values { channel.close(promise: nil) }
    }
}

enum ReceiveBuffer {
    /// Small for the many connections that seldom speak, one longest line for those that do.
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
}
