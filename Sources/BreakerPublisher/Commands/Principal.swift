// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire

/// Who sends, as the kernel or a verified certificate says, and what that one may do.
struct Principal: Sendable, Hashable {
    /// Who is told apart from whom.
    enum Identity: Sendable, Hashable {
        case user(UInt32)
        case certificate(String)
        case address(String)
        case unknown
    }

    var identity: Identity
    /// Such as `uid 1000 (ann)`, `uid 1000` as long as nobody knows the name, `certificate ann.example` or
    /// `address 10.0.0.7`.
    var name: String
    var role: Role
    /// Whether only the end of its certificate makes it an observer.
    var hasExpired = false

    init(_ identity: Identity = .unknown, name: String, role: Role) {
        self.identity = identity
        self.name = name
        self.role = role
    }

    /// The principal of a connection at this moment. An address, and nobody, observe.
    ///
    /// - Parameters:
    ///   - certificates: the names that operate where it came in.
    ///   - now: the wall clock, in milliseconds since 1970: a right does not outlive the certificate that gives it.
    init(
        _ peer: Peer?, operators: Publisher.Operators, certificates: Set<String> = [], names: UserNames,
        now: Milliseconds
    ) {
        switch peer {
        case .user(let user):
            let name = names.name(of: user.uid).map { " (\($0))" } ?? ""
            self.init(
                .user(user.uid), name: "uid \(user.uid)\(name)", role: operators.contains(user) ? .operator : .observer)
        case .certificate(let certificate):
            let listed = certificate.names.first { certificates.lists($0) }
            let name = listed ?? certificate.names.first ?? "without a name"
            let isValid = now <= certificate.expires
            self.init(
                .certificate(name), name: "certificate \(name)",
                role: listed != nil && isValid ? .operator : .observer)
            hasExpired = listed != nil && !isValid
        case .address(let address):
            self.init(.address(address), name: "address \(address)", role: .observer)
        case nil:
            self.init(name: "unknown", role: .observer)
        }
    }
}

extension Set<String> {
    /// Byte by byte: what Unicode takes for the same letter may be another one's name.
    func lists(_ name: String) -> Bool {
        contains { $0.utf8.elementsEqual(name.utf8) }
    }
}

extension Publisher.Operators {
    func contains(_ user: PeerCredentials) -> Bool {
        users.contains(user.uid) || groups.contains(user.gid) || !groups.isDisjoint(with: user.groups)
    }
}
