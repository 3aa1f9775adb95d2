// SPDX-License-Identifier: Apache-2.0

/// Where a metrics socket is.
package enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket by its path, at most ``maximumPathLength`` bytes.
    case unix(path: String)
    /// A TCP port of a host by its name or address, an IPv6 one without brackets.
    case tcp(host: String, port: Int)

    /// The longest path of a Unix socket, in bytes: `sun_path` less its NUL.
    package static let maximumPathLength = 107

    /// As people write it, such as `unix:/run/breakertop/orders.1.sock` or `tcp:[::1]:7411`.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
