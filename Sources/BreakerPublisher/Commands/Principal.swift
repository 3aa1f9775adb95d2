// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerWire
import Glibc

/// Who sends, as the kernel says, and what that one may do.
struct Principal: Sendable, Hashable {
    /// Such as `uid 1000 (ann)`.
    var name: String
    var role: Role

    init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    /// The principal of a connection; one without credentials is nobody and observes.
    init(_ peer: PeerCredentials?, operators: Publisher.Operators) {
        guard let peer else {
            self.init(name: "unknown", role: .observer)
            return
        }
        let isOperator = operators.users.contains(peer.uid) || operators.groups.contains(peer.gid)
        self.init(name: Self.name(ofUser: peer.uid), role: isOperator ? .operator : .observer)
    }

    private static func name(ofUser user: uid_t) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let base = buffer.baseAddress,
                getpwuid_r(user, &entry, base, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
            else { return "uid \(user)" }
            return "uid \(user) (\(String(cString: name)))"
        }
    }
}
