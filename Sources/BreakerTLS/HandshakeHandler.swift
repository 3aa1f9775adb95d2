// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler: lets nothing pass before the other side is verified, and puts what fails into words.
final class HandshakeHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case handshaking
        case open
        /// It failed, or this side has closed.
        case over
    }

    private let tls: NIOSSLHandler
    private let side: TLSSide
    private let verified: EventLoopPromise<PeerCertificate?>
    private var state = State.handshaking

    /// Puts both handlers first into a channel's pipeline, on its event loop.
    ///
    /// - Returns: what the other side showed, once it is verified; fails with a ``SocketError``.
    static func add(to channel: any Channel, _ tls: NIOSSLHandler, _ side: TLSSide) throws
        -> EventLoopFuture<PeerCertificate?>
    {
        let verified = channel.eventLoop.makePromise(of: PeerCertificate?.self)
        do {
            try channel.pipeline.syncOperations.addHandlers(tls, HandshakeHandler(tls, side, verified))
        } catch {
            verified.fail(error)
            throw error
        }
        return verified.futureResult
    }

    private init(_ tls: NIOSSLHandler, _ side: TLSSide, _ verified: EventLoopPromise<PeerCertificate?>) {
        self.tls = tls
        self.side = side
        self.verified = verified
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if state == .handshaking, case TLSUserEvent.handshakeCompleted = event { verify(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func verify(_ context: ChannelHandlerContext) {
        let certificate = tls.peerCertificate
        if let problem = side.problem(with: certificate, of: other(context)) {
            fail(SocketError(side.codeOfRefusal, problem))
            context.close(promise: nil)
        } else {
            state = .open
            verified.succeed(certificate.map(PeerCertificate.init))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state == .open { context.fireChannelRead(data) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .handshaking:
            let certificate = tls.peerCertificate
            let words = side.words(for: error, certificate: certificate, of: other(context), isHandshaking: true)
            let isCut = if case .truncated = TLSFailure(error) { true } else { false }
            let error = SocketError(isCut ? .closed : side.codeOfRefusal, words)
            fail(error)
            context.fireErrorCaught(error)
        case .open:
            let words = side.words(for: error, certificate: nil, of: other(context), isHandshaking: false)
            context.fireErrorCaught(SocketError(.closed, words))
        case .over:
            // Whoever closed does not care how the other side takes it.
            break
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        fail(SocketError(.timedOut, "\(other(context)) did not finish the TLS handshake in time"))
        context.close(mode: mode, promise: promise)
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind asks for more after a close, but the other side's goodbye comes after all that it has sent.
        if state == .over { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(SocketError(.closed, "the connection to \(other(context)) ended in the TLS handshake"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(SocketError(.closed, "the connection to \(other(context)) ended before the TLS handshake"))
    }

    private func fail(_ error: SocketError) {
        if state == .handshaking { verified.fail(error) }
        state = .over
    }

    private func other(_ context: ChannelHandlerContext) -> String {
        side.name(at: context.channel.remoteAddress)
    }
}
#endif
