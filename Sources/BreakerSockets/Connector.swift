// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

/// Connects, gives the conversation to a body and closes the connection after it.
///
/// - Throws: ``SocketError`` when no connection came about; otherwise what the body throws.
package func withConnection<Result: Sendable>(
    to endpoint: Endpoint, timeout: Duration = .seconds(2), lineLimit: Int = BoundedLineDecoder.defaultLimit,
    _ body: (LineConnection) async throws -> Result
) async throws -> Result {
    let (channel, peer) = try await connect(to: endpoint, timeout: timeout)
    return try await LineConnection.run(channel, peer: peer, lineLimit: lineLimit, body)
}

private func connect(
    to endpoint: Endpoint, timeout: Duration
) async throws(SocketError) -> (any Channel, PeerCredentials?) {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.autoRead, value: false)
        .channelOption(.recvAllocator, value: ReceiveBuffer.allocator)
    let initialize: @Sendable (any Channel) -> EventLoopFuture<any Channel> = { channel in
        channel.eventLoop.makeSucceededFuture(channel)
    }
    do {
        let channel =
            switch endpoint {
            case .unix(let path):
                try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: initialize)
            }
        return (channel, (try? await PeerCredentials.of(channel).get()) ?? nil)
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
