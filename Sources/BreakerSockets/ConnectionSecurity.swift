// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What secures the bytes of a TCP connection before anybody speaks in lines: TLS, which is a module of its own.
package protocol ConnectionSecurity: Sendable {
    /// Takes a new connection's channel in hand, on its event loop and before anything is read.
    ///
    /// - Returns: the certificate that the other side showed, once the handshake is done; `nil` where none was asked for.
    ///   Fails with a ``SocketError`` that says in words what did not fit.
    func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?>
}
