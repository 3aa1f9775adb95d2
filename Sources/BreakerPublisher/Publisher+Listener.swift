// SPDX-License-Identifier: Apache-2.0

import BreakerSockets

extension Publisher {
    /// Where a publisher can be reached.
    public struct Listener: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case unix(folder: String?, group: String?)
            case tcp(host: String, port: Int, tls: TLS?)
        }

        let kind: Kind

        /// A Unix socket, where monitors on this machine find it by themselves.
        ///
        /// - Parameters:
        ///   - folder: where; created if need be, its parent must exist. `nil` takes the first usable of
        ///     `$BREAKERTOP_DIR`, `/run/breakertop` (which is never created), `$XDG_RUNTIME_DIR/breakertop` and
        ///     `/tmp/breakertop-<uid>`.
        ///   - group: whose members may connect as well, to observe unless they are on the list of operators. They must
        ///     be able to enter the folder, and this process's user must be one of them.
        public static func unix(folder: String? = nil, group: String? = nil) -> Listener {
            Listener(kind: .unix(folder: folder, group: group))
        }

        /// A TCP port. Without TLS it must be on an address that only this machine reaches, and everybody observes.
        ///
        /// - Parameters:
        ///   - host: an address of this machine, or a name that stands for one; `0.0.0.0` or `::` for all of them.
        ///   - port: 0 takes a free one; the log tells which.
        public static func tcp(host: String, port: Int, tls: TLS? = nil) -> Listener {
            precondition(0...65_535 ~= port, "a port must lie within 0…65,535, not \(port)")
            return Listener(kind: .tcp(host: host, port: port, tls: tls))
        }
    }

    /// The files of TLS, in PEM; read again when they change.
    public struct TLS: Sendable, Hashable {
        /// The path of this service's certificate, followed by those between it and its authority.
        public var certificate: String

        /// The path of the certificate's private key, which nobody else may read.
        public var key: String

        /// The path of the certificates of those who sign monitors' certificates. `nil` asks monitors for none: whoever
        /// reaches the port observes.
        public var clientAuthorities: String?

        /// The names of the certificates whose monitors may give commands, exactly as they stand there: an alternative name,
        /// or the common name where there is no alternative one. They count at this listener only, since elsewhere another
        /// authority may have signed the same name. Needs ``clientAuthorities``.
        public var operators: Set<String>

        /// Whether, where ``clientAuthorities`` are given, a monitor without a certificate may observe.
        public var admitsAnonymous: Bool

        /// Names the files; nothing is read before ``Publisher/run()``.
        public init(
            certificate: String, key: String, clientAuthorities: String? = nil, operators: Set<String> = [],
            admitsAnonymous: Bool = false
        ) {
            self.certificate = certificate
            self.key = key
            self.clientAuthorities = clientAuthorities
            self.operators = operators
            self.admitsAnonymous = admitsAnonymous
        }
    }
}

extension Publisher.Listener: CustomStringConvertible {
    /// Such as `tcp:0.0.0.0:7411`, `unix:/run/breakertop`, or `unix` where the folder is looked for.
    public var description: String {
        switch kind {
        case .unix(let folder, _): folder.map { "unix:\($0)" } ?? "unix"
        case .tcp(let host, let port, _): "\(Endpoint.tcp(host: host, port: port))"
        }
    }
}
