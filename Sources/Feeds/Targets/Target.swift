// SPDX-License-Identifier: Apache-2.0

import BreakerSockets

/// Something that an operator names to be followed: a metrics socket, or a place that lists some.
package enum Target: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket.
    case unix(path: String)
    /// A TCP port of this machine.
    case tcp(HostAndPort)
    /// A TCP port anywhere, behind TLS.
    case tls(HostAndPort)
    /// All sockets of a folder.
    case folder(path: String)
    /// The targets that a file lists, in the form of Prometheus' `file_sd`.
    case file(path: String)
    /// The hosts and ports of a name's SRV records.
    case service(name: String, isSecured: Bool)

    /// As it can be parsed again.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let place): "tcp:\(place)"
        case .tls(let place): "tls:\(place)"
        case .folder(let path): "dir:\(path)"
        case .file(let path): "file:\(path)"
        case .service(let name, let isSecured): isSecured ? "srv+tls:\(name)" : "srv:\(name)"
        }
    }
}
