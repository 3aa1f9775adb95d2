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
    let channel = try await connect(to: endpoint, timeout: timeout, lineLimit: lineLimit)
    let peer = (try? await PeerCredentials.of(channel.channel).get()) ?? nil
    return try await LineConnection.run(channel, peer: peer, body)
}

private func connect(
    to endpoint: Endpoint, timeout: Duration, lineLimit: Int
) async throws(SocketError) -> NIOAsyncChannel<InboundLine, ByteBuffer> {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.recvAllocator, value: ReceiveBuffer.allocator)
    let initialize: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<InboundLine, ByteBuffer>> = { channel in
        channel.eventLoop.makeCompletedFuture { try LineConnection.wrap(channel, lineLimit: lineLimit) }
    }
    do {
        switch endpoint {
        case .unix(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
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
