// SPDX-License-Identifier: Apache-2.0

#if TLS
package import BreakerSockets
package import NIOCore
import NIOSSL

/// A service's side of TLS, 1.2 or 1.3.
package final class TLSServer: ConnectionSecurity {
    /// Whether monitors have to say who they are.
    package enum ClientCertificates: Sendable, Hashable {
        /// They are not asked.
        case none
        /// They may; a certificate that is shown has to be a good one.
        case optional
        /// Whoever shows none is refused.
        case required
    }

    private let context: ReloadingContext
    private let clients: ClientCertificates

    /// Reads the files. A certificate that has expired is no error, but a ``warning``.
    ///
    /// - Throws: ``SocketError`` that names the file and says what to do.
    package init(files: TLSFiles, clients: ClientCertificates) throws(SocketError) {
        guard files.certificate != nil else {
            throw SocketError(.system, "TLS needs the service's certificate and its key")
        }
        // Never the system's authorities: whoever bought a certificate from one of those would be let in.
        guard (clients == .none) == (files.authorities == nil) else {
            throw SocketError(
                .system,
                files.authorities.map { "authorities '\($0)' are given, but no monitor is asked for its certificate" }
                    ?? "asking monitors for a certificate needs the file of the authorities that sign those")
        }
        self.clients = clients
        context = try ReloadingContext(files) { material in
            var configuration = TLSConfiguration.ours(material)
            configuration.certificateVerification =
                switch clients {
                case .none: .none
                case .optional: .optionalVerification
                case .required: .noHostnameVerification
                }
            configuration.trustRoots = .certificates(material.authorities ?? [])
            return configuration
        }
    }

    /// When the service's certificate ends to be valid, in milliseconds since 1970.
    package var expires: Int64 { context.current.expires ?? 0 }

    /// What is wrong with the certificate without being an error: it has expired, or is not yet valid.
    package var warning: String? { context.current.warning(context.files) }

    /// Reads the files again when they have changed, also where a link was exchanged; blocks for as long as the disk does.
    package func refresh() -> TLSRefresh { context.refresh() }

    /// Calls ``refresh()`` in intervals, on a thread of its own, and reports what is not ``TLSRefresh/unchanged``.
    /// Returns when the task is cancelled.
    package func watch(every interval: Duration, report: @Sendable (TLSRefresh) -> Void) async {
        await context.watch(every: interval, report: report)
    }

    package func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?> {
        let tls = NIOSSLServerHandler(context: context.current.context)
        return try HandshakeHandler.add(to: channel, tls, .server(authorities: context.files.authorities, clients))
    }
}

extension TLSConfiguration {
    /// What both sides have in common: a server differs in whom it verifies.
    static func ours(_ material: TLSMaterial) -> TLSConfiguration {
        var configuration = makeClientConfiguration()
        configuration.certificateChain = material.chain.map { .certificate($0) }
        configuration.privateKey = material.key.map { .privateKey($0) }
        configuration.minimumTLSVersion = .tlsv12
        // How long a close waits for the other side's goodbye.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }
}

extension ReloadingContext {
    fileprivate func watch(every interval: Duration, report: @Sendable (TLSRefresh) -> Void) async {
        while (try? await Task.sleep(for: interval)) != nil {
            let result = await onThreadOfItsOwn { self.refresh() }
            if let result, result != .unchanged { report(result) }
        }
    }
}
#endif
