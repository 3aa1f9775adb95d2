// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

/// Connects, gives the conversation to a body and closes the connection after it.
///
/// - Parameter timeout: how long connecting may take, and then again securing the connection.
/// - Throws: ``SocketError`` when no connection came about; otherwise what the body throws.
package func withConnection<Result: Sendable>(
    to endpoint: Endpoint, security: (any ConnectionSecurity)? = nil, timeout: Duration = .seconds(2),
    lineLimit: Int = BoundedLineDecoder.defaultLimit, _ body: (LineConnection) async throws -> Result
) async throws -> Result {
    let line = try await connect(to: endpoint, security, timeout: timeout, lineLimit: lineLimit)
    return try await LineConnection.run(line, handshakeTime: timeout, body)
}

private func connect(
    to endpoint: Endpoint, _ security: (any ConnectionSecurity)?, timeout: Duration, lineLimit: Int
) async throws(SocketError) -> LineChannel {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.recvAllocator, value: ReceiveBuffer.allocator)
    let initialize: @Sendable (any Channel) -> EventLoopFuture<LineChannel> = { channel in
        channel.eventLoop.makeCompletedFuture { try LineChannel(channel, security, lineLimit: lineLimit) }
    }
    do {
        switch endpoint {
        case .unix(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
        case .tcp(let host, let port):
            return try await bootstrap.channelOption(.tcpOption(.vanishedPeer), value: LineChannel.vanishedPeerTime)
                .connect(host: host, port: port, channelInitializer: initialize)
        }
    } catch {
        throw connectError(error, endpoint, timeout)
    }
}

private func connectError(_ error: any Error, _ endpoint: Endpoint, _ timeout: Duration) -> SocketError {
    switch error {
    case let error as IOError where error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT:
        return SocketError(.refused, "nobody listens at \(endpoint)")
    case let error as IOError where error.errnoCode == EAGAIN:
        return SocketError(.timedOut, "\(endpoint) has a full backlog: the process does not accept connections")
    case let error as IOError:
        return SocketError(.system, "cannot connect to \(endpoint): \(describe(errno: error.errnoCode))")
    case let error as NIOConnectionError:
        return connectError(error, endpoint, timeout)
    case let error as SocketError:
        return error
    case ChannelError.connectTimeout:
        return SocketError(.timedOut, "\(endpoint) did not accept a connection within \(timeout)")
    case SocketAddressError.unixDomainSocketPathTooLong:
        return SocketError(
            .pathTooLong,
            "\(endpoint) is longer than the \(Endpoint.maximumPathLength) bytes that fit into a socket's address")
    default:
        return SocketError(.system, "cannot connect to \(endpoint): \(error)")
    }
}

/// A name may stand for several addresses, each of which failed in its own way; the first one's is told.
private func connectError(_ error: NIOConnectionError, _ endpoint: Endpoint, _ timeout: Duration) -> SocketError {
    if let failed = error.connectionErrors.first { return connectError(failed.error, endpoint, timeout) }
    return SocketError(.system, "cannot connect to \(endpoint): the name '\(error.host)' is not known")
}
