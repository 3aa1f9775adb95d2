// SPDX-License-Identifier: Apache-2.0

/// Where a metrics socket is.
package enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket by its path, at most ``maximumPathLength`` bytes.
    case unix(path: String)

    /// The longest path of a Unix socket, in bytes: `sun_path` less its NUL.
    package static let maximumPathLength = 107

    /// As people write it, such as `unix:/run/breakertop/orders.1.sock`.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        }
    }
}
