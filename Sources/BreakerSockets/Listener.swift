// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// What a listener listens on.
package enum ListeningPlace: Sendable {
    /// A Unix socket whose name was claimed.
    case claim(SocketClaim)
    /// A TCP port of an address of this machine, port 0 = any free one, with what secures its connections. Nothing does so
    /// only on an address that other machines cannot reach.
    case tcp(host: String, port: Int, security: (any ConnectionSecurity)?)
}

/// Listens for as long as the body runs; connections that nobody took are closed with it.
///
/// When the process is out of file descriptors or memory it accepts again after a second; until then peers wait in the
/// backlog.
/// - Parameters:
///   - backlog: how many connections the kernel keeps for us.
///   - report: gets a sentence when connections cannot be accepted; again only after one was.
/// - Throws: ``SocketError`` when the place cannot be had; otherwise what the body throws.
package func withListener<Result: Sendable>(
    on place: ListeningPlace, backlog: Int32 = 64, lineLimit: Int = BoundedLineDecoder.defaultLimit,
    onTrouble report: @escaping @Sendable (String) -> Void = { _ in }, _ body: (Listener) async throws -> Result
) async throws -> Result {
    let waiting = WaitingConnections()
    let result: Result
    do {
        let server = try await bind(place, backlog: backlog, lineLimit: lineLimit, waiting, report)
        let endpoint = place.endpoint(port: server.channel.localAddress?.port)
        result = try await server.executeThenClose { connections in
            try await body(Listener(endpoint: endpoint, connections: connections))
        }
    } catch {
        await waiting.closeAll()
        throw error
    }
    await waiting.closeAll()
    return result
}

private func bind(
    _ place: ListeningPlace, backlog: Int32, lineLimit: Int, _ waiting: WaitingConnections,
    _ report: @escaping @Sendable (String) -> Void
) async throws -> NIOAsyncChannel<IncomingConnection, Never> {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: backlog)
        // Accepted one by one as they are taken: what waits, waits in the backlog and costs no descriptor.
        .serverChannelOption(.maxMessagesPerRead, value: 1)
        .serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AcceptTrouble(report))
            }
        }
        .childChannelOption(.recvAllocator, value: ReceiveBuffer.allocator)
    let strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(lowWatermark: 1, highWatermark: 2)
    switch place {
    case .claim(let claim):
        guard let socket = claim.takeSocket() else {
            throw SocketError(.closed, "socket '\(claim.path)' was listened on before")
        }
        return try await bootstrap.bind(socket, serverBackPressureStrategy: strategy) { channel in
            waiting.take(channel, nil, lineLimit: lineLimit)
        }
    case .tcp(let host, let port, let security):
        let endpoint = Endpoint.tcp(host: host, port: port)
        let address = try await resolve(host, port)
        guard security != nil || address.isLoopback else {
            // What a name stands for may change again.
            let isLiteral = (try? SocketAddress(ipAddress: host, port: port)) != nil
            throw SocketError(
                isLiteral ? .insecure : .system,
                "\(endpoint) can be reached by other machines: it needs TLS; without it, listen on 127.0.0.1 or ::1")
        }
        do {
            return
                try await bootstrap
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.vanishedPeer), value: LineChannel.vanishedPeerTime)
                .bind(to: address, serverBackPressureStrategy: strategy) { channel in
                    waiting.take(channel, security, lineLimit: lineLimit)
                }
        } catch let error as IOError {
            throw SocketError(.system, "cannot listen on \(endpoint): \(describe(errno: error.errnoCode))")
        }
    }
}

/// Tells that connections cannot be accepted. The pause before the next attempt is made by what stands behind.
private final class AcceptTrouble: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let report: @Sendable (String) -> Void
    private var isTold = false

    init(_ report: @escaping @Sendable (String) -> Void) { self.report = report }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isTold = false
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isTold, let error = error as? IOError {
            isTold = true
            let reason = describe(errno: error.errnoCode)
            report("connections cannot be accepted: \(reason); they wait, and are tried again")
        }
        context.fireErrorCaught(error)
    }
}

/// On a thread of its own, since a directory service may take its time.
private func resolve(_ host: String, _ port: Int) async throws -> SocketAddress {
    let address = try await tryOnThreadOfItsOwn { try? SocketAddress.makeAddressResolvingHost(host, port: port) }
    if let address { return address }
    let endpoint = Endpoint.tcp(host: host, port: port)
    throw SocketError(.system, "cannot listen on \(endpoint): the name '\(host)' is not known")
}

extension SocketAddress {
    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        guard let address = ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

extension ListeningPlace {
    fileprivate func endpoint(port bound: Int?) -> Endpoint {
        switch self {
        case .claim(let claim): .unix(path: claim.path)
        case .tcp(let host, let port, _): .tcp(host: host, port: bound ?? port)
        }
    }
}

/// The connections that arrive at a socket.
package struct Listener: AsyncSequence, Sendable {
    package typealias Element = IncomingConnection

    /// Where it listens, with the port that it was given.
    package let endpoint: Endpoint
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
    /// Who is there as far as nobody needs to be asked: never a certificate.
    package let peer: Peer?

    private let line: LineChannel
    private let waiting: WaitingConnections

    fileprivate init(_ line: LineChannel, _ peer: Peer?, _ waiting: WaitingConnections) {
        self.line = line
        self.peer = peer
        self.waiting = waiting
    }

    /// Holds the conversation and closes the connection after it. To be called once.
    ///
    /// - Parameter handshakeTime: how long securing the connection may take.
    package func run<Result: Sendable>(
        handshakeTime: Duration = .seconds(5), _ body: (LineConnection) async throws -> Result
    ) async throws -> Result {
        waiting.remove(line)
        return try await LineConnection.run(line, handshakeTime: handshakeTime, body)
    }

    /// Closes the connection without a goodbye, waiting for nobody; ``run(handshakeTime:_:)`` still has to be called, or
    /// to return. Safe to call twice.
    package func cut() { line.channel.cut() }
}

/// The accepted connections that nobody has begun yet; without this they would outlive their listener.
private final class WaitingConnections: Sendable {
    // `nil` once the listener has ended.
    private let lines = Mutex<[ObjectIdentifier: LineChannel]?>([:])

    func take(
        _ channel: any Channel, _ security: (any ConnectionSecurity)?, lineLimit: Int
    ) -> EventLoopFuture<IncomingConnection> {
        channel.eventLoop.makeCompletedFuture {
            try lines.withLock { lines in
                // Wrapped only where somebody will close it: a wrapped channel must not simply be let go.
                guard lines != nil else { throw SocketError(.closed, "the listener has ended") }
                let line = try LineChannel(channel, security, lineLimit: lineLimit)
                lines?[ObjectIdentifier(channel)] = line
                return IncomingConnection(line, Peer.known(of: channel), self)
            }
        }
    }

    func remove(_ line: LineChannel) {
        lines.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(line.channel)) }
    }

    func closeAll() async {
        let left = lines.withLock { lines in
            defer { lines = nil }
            return lines
        }
        for line in (left ?? [:]).values { try? await line.wrapped.executeThenClose { _, _ in } }
    }
}

enum ReceiveBuffer {
    /// Small for the many connections that seldom speak, one longest line for those that do.
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
}
