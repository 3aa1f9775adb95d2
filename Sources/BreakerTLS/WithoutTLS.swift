// SPDX-License-Identifier: Apache-2.0

#if !TLS
package import BreakerSockets
package import NIOCore

/// Stands in a build without TLS for what would secure a service's connections: it cannot be made.
package final class TLSServer: ConnectionSecurity {
    package enum ClientCertificates: Sendable, Hashable {
        case none
        case optional
        case required
    }

    package init(files: TLSFiles, clients: ClientCertificates) throws(SocketError) { throw .withoutTLS }

    package var expires: Int64 { 0 }
    package var warning: String? { nil }
    package func refresh() -> TLSRefresh { .unchanged }
    package func watch(every interval: Duration, report: @Sendable (TLSRefresh) -> Void) async {}
    package func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?> {
        throw SocketError.withoutTLS
    }
}

/// Stands in a build without TLS for what would secure a monitor's connections: it cannot be made.
package final class TLSClient: ConnectionSecurity {
    package init(files: TLSFiles, serverName: String) throws(SocketError) { throw .monitorWithoutTLS }

    package func serving(_ serverName: String) throws(SocketError) -> TLSClient { throw .monitorWithoutTLS }
    package var expires: Int64? { nil }
    package var warning: String? { nil }
    package func refresh() -> TLSRefresh { .unchanged }
    package func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?> {
        throw SocketError.monitorWithoutTLS
    }
}

extension SocketError {
    fileprivate static let withoutTLS = SocketError(
        .system, "this build has no TLS; build with the package trait TLS (the default)")
    fileprivate static let monitorWithoutTLS = SocketError(
        .system,
        "this breakertop was built without TLS; one that has it: swift build -c release --product breakertop")
}
#endif
