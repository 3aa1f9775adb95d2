// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTLS
import BreakerTelemetry

/// A listener of the configuration with what it takes to listen: a claimed name, or certificates that were read.
struct OpenPlace: Sendable {
    let place: ListeningPlace
    let tls: TLSServer?
    /// The names of certificates that operate here, and here only.
    let operators: Set<String>

    /// Blocks for as long as the disk, a file server or a directory service does.
    ///
    /// - Throws: ``SocketError`` that names the place, the folder, the group or the file, and says what to do;
    ///   ``PublisherError`` for what can never work.
    init(_ listener: Publisher.Listener, of identity: ServiceIdentity) throws {
        switch listener.kind {
        case .unix(let folder, let group):
            place = .claim(try Self.claim(folder, group, identity))
            tls = nil
            operators = []
        case .tcp(let host, let port, let files):
            tls = try files.map(Self.server)
            place = .tcp(host: host, port: port, security: tls)
            operators = files?.operators ?? []
        }
    }

    /// Takes its name out of the folder, so that no new monitor finds a service that says goodbye.
    func hide() {
        if case .claim(let claim) = place { claim.removeSocket() }
    }

    /// Leaves nothing behind. Safe to call twice.
    func release() {
        if case .claim(let claim) = place { claim.release() }
    }

    private static func claim(
        _ path: String?, _ groupName: String?, _ identity: ServiceIdentity
    ) throws -> SocketClaim {
        let group = try groupName.map { name in try SystemGroup.named(name) }
        let folder =
            if let path {
                try SocketFolder.create(path, for: group)
            } else {
                try SocketFolder.forPublishing(for: group)
            }
        return try SocketClaim.take(service: identity.service, instance: identity.instance, in: folder, for: group)
    }

    private static func server(_ tls: Publisher.TLS) throws -> TLSServer {
        let files = TLSFiles(authorities: tls.clientAuthorities, certificate: tls.certificate, key: tls.key)
        guard tls.clientAuthorities != nil else {
            guard let name = tls.operators.min() else { return try TLSServer(files: files, clients: .none) }
            throw PublisherError(
                "certificate '\(name)' is to operate, but no monitor is asked for one: name clientAuthorities")
        }
        return try TLSServer(files: files, clients: tls.admitsAnonymous ? .optional : .required)
    }
}
