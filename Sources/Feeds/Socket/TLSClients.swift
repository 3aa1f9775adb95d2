// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTLS
import Fleet
import Synchronization

/// What secures the connections of a feed. The files are read once for all of them, and not before one is needed.
final class TLSClients: Sendable {
    private let files: TLSFiles
    private let serverName: String?
    private let first = Mutex<TLSClient?>(nil)

    /// - Parameter serverName: what every service's certificate has to be for; `nil` = the host that is connected to.
    init(files: TLSFiles, serverName: String?) {
        self.files = files
        self.serverName = serverName
    }

    /// When the certificate that services are shown ends, in milliseconds since 1970.
    var ownCertificateExpires: Int64? { first.withLock { $0 }?.expires }

    /// - Throws: ``SocketError`` that names the file and says what to do.
    func client(for endpoint: Endpoint) throws(SocketError) -> TLSClient? {
        guard case .tcp(let host, _) = endpoint else { return nil }
        return try client(for: host)
    }

    /// That the files can be used, before any connection is made.
    func check() throws(SocketError) { _ = try client(for: "localhost") }

    private func client(for host: String) throws(SocketError) -> TLSClient {
        let name = serverName ?? host
        if let known = first.withLock({ $0 }) { return try known.serving(name) }
        // Two at once read the files twice, and no harm done.
        let made = try TLSClient(files: files, serverName: name)
        first.withLock { $0 = $0 ?? made }
        return made
    }
}
