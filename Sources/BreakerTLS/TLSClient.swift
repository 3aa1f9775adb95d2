// SPDX-License-Identifier: Apache-2.0

#if TLS
package import BreakerSockets
package import NIOCore
import NIOSSL

/// A monitor's side of TLS, 1.2 or 1.3. The service's certificate is always verified, with its name; nothing turns it off.
///
/// Its files are looked at for each new connection and read again when they have changed; what cannot be used then leaves
/// what was read before in use.
package final class TLSClient: ConnectionSecurity {
    private let context: ReloadingContext
    private let server: ServerName

    /// Reads the files.
    ///
    /// - Parameter serverName: what the service's certificate has to be for: a host's name, or the IP address that is
    ///   connected to.
    /// - Throws: ``SocketError`` that names the file and says what to do.
    package convenience init(files: TLSFiles, serverName: String) throws(SocketError) {
        let server = try ServerName(parsing: serverName)
        let context = try ReloadingContext(files) { material in
            var configuration = TLSConfiguration.ours(material)
            configuration.certificateVerification = .fullVerification
            configuration.trustRoots = material.authorities.map { .certificates($0) } ?? .default
            return configuration
        }
        self.init(context, server)
    }

    private init(_ context: ReloadingContext, _ server: ServerName) {
        self.context = context
        self.server = server
    }

    /// The same for another service. It shares the files that were read: the system's authorities are many.
    package func serving(_ serverName: String) throws(SocketError) -> TLSClient {
        TLSClient(context, try ServerName(parsing: serverName))
    }

    /// When this side's certificate ends to be valid, in milliseconds since 1970; `nil` when it has none.
    package var expires: Int64? { context.current.expires }

    /// What is wrong with this side's certificate without being an error: it has expired, or is not yet valid.
    package var warning: String? { context.current.warning(context.files) }

    /// Reads the files again when they have changed; blocks for as long as the disk does.
    package func refresh() -> TLSRefresh { context.refresh() }

    package func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?> {
        // On the event loop, which three calls of `stat` do not hold up for long.
        _ = context.refresh()
        let tls = try NIOSSLClientHandler(context: context.current.context, serverHostname: server.indication)
        return try HandshakeHandler.add(to: channel, tls, .client(server, authorities: context.files.authorities))
    }
}
#endif
