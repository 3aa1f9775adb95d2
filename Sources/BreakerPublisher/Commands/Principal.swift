// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerWire

/// Who sends, as the kernel says, and what that one may do.
struct Principal: Sendable, Hashable {
    /// The user's number; `nil` where the kernel names nobody.
    var user: UInt32?
    /// Such as `uid 1000 (ann)`; `uid 1000` as long as nobody knows the name.
    var name: String
    var role: Role

    init(user: UInt32? = nil, name: String, role: Role) {
        self.user = user
        self.name = name
        self.role = role
    }

    /// The principal of a connection; one without credentials is nobody and observes.
    init(_ peer: PeerCredentials?, operators: Publisher.Operators, names: UserNames) {
        guard let peer else {
            self.init(name: "unknown", role: .observer)
            return
        }
        let isOperator = operators.users.contains(peer.uid) || operators.groups.contains(peer.gid)
        let name = names.name(of: peer.uid).map { " (\($0))" } ?? ""
        self.init(user: peer.uid, name: "uid \(peer.uid)\(name)", role: isOperator ? .operator : .observer)
    }
}
