// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// A channel that speaks in lines, and the finding out of who is at its other end.
struct LineChannel: Sendable {
    let wrapped: NIOAsyncChannel<InboundLine, ByteBuffer>
    // `nil` where nothing secures the connection.
    private let certificate: EventLoopFuture<PeerCertificate?>?

    var channel: any Channel { wrapped.channel }

    /// To be called on the channel's event loop before anything is read, so that no line is lost.
    init(_ channel: any Channel, _ security: (any ConnectionSecurity)?, lineLimit: Int) throws {
        try channel.pipeline.syncOperations.addHandler(CutHandler())
        certificate = try security?.secure(channel)
        try channel.pipeline.syncOperations.addHandler(LineHandler(lineLimit: lineLimit))
        wrapped = try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }

    /// Who is there; closes the channel when that takes too long.
    func identify(within time: Duration) async throws(SocketError) -> Peer? {
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { channel.close(promise: nil) }
        let shown = certificate ?? channel.eventLoop.makeSucceededFuture(nil)
        let peer = shown.hop(to: channel.eventLoop).map { $0.map(Peer.certificate) ?? Peer.known(of: channel) }
        // On the event loop: a task that resumes late must not close a connection that was in time.
        peer.whenComplete { _ in deadline.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await peer.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch let error as SocketError {
            throw error
        } catch {
            throw SocketError(.closed, "the connection ended before it was secured: \(error)")
        }
    }
}

extension Peer {
    /// Who is there by the kernel's word, or else by address: what is known without asking. On the channel's event loop.
    static func known(of channel: any Channel) -> Peer? {
        PeerCredentials.of(channel).map(Peer.user) ?? channel.remoteAddress?.ipAddress.map(Peer.address)
    }
}

/// Stands below what secures a connection, so that it can be cut without a goodbye, which a peer that does not read would
/// hold up.
private final class CutHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
}

extension Channel {
    /// Closes at once; what was not sent is lost.
    func cut() {
        eventLoop.execute {
            guard let below = try? self.pipeline.syncOperations.context(handlerType: CutHandler.self) else {
                return self.close(promise: nil)
            }
            below.close(mode: .all, promise: nil)
        }
    }
}

extension LineChannel {
    /// How long what was sent may go unacknowledged before the kernel gives a TCP connection up, in milliseconds.
    static let vanishedPeerTime = 20_000
}

extension NIOBSDSocket.Option {
    /// Without it a peer that lost its power is missed only after a quarter of an hour.
    static let vanishedPeer = NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)
}
