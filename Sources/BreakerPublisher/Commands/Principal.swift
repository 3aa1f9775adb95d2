// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
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

    init(_ identity: Identity = .unknown, name: String, role: Role) {
        self.identity = identity
        self.name = name
        self.role = role
    }

    /// The principal of a connection. An address, and nobody, observe.
    init(_ peer: Peer?, operators: Publisher.Operators, names: UserNames) {
        switch peer {
        case .user(let user):
            let name = names.name(of: user.uid).map { " (\($0))" } ?? ""
            self.init(
                .user(user.uid), name: "uid \(user.uid)\(name)", role: operators.contains(user) ? .operator : .observer)
        case .certificate(let certificate):
            let listed = certificate.names.first { operators.lists(certificateName: $0) }
            let name = listed ?? certificate.names.first ?? "without a name"
            self.init(.certificate(name), name: "certificate \(name)", role: listed == nil ? .observer : .operator)
        case .address(let address):
            self.init(.address(address), name: "address \(address)", role: .observer)
        case nil:
            self.init(name: "unknown", role: .observer)
        }
    }
}

extension Publisher.Operators {
    /// Byte by byte: what Unicode takes for the same letter may be another one's name.
    func lists(certificateName name: String) -> Bool {
        certificateNames.contains { $0.utf8.elementsEqual(name.utf8) }
    }

    func contains(_ user: PeerCredentials) -> Bool {
        users.contains(user.uid) || groups.contains(user.gid) || !groups.isDisjoint(with: user.groups)
    }
}
