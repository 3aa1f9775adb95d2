// SPDX-License-Identifier: Apache-2.0

import Fleet
import Synchronization

/// Whose each boot is while a connection speaks for it. Commands find their way by the boot alone, so no other service
/// may borrow it.
final class BootClaims: Sendable {
    private struct Claim {
        var key: InstanceKey
        var connections = 0
    }

    private let claims = Mutex<[String: Claim]>([:])

    /// Claims a boot for a service, together with other connections to the same service.
    ///
    /// - Returns: whose it is, when it is another's: then nothing was claimed.
    func claim(_ key: InstanceKey) -> InstanceKey? {
        claims.withLock { claims in
            let claim = claims[key.boot] ?? Claim(key: key)
            guard claim.key == key else { return claim.key }
            claims[key.boot] = Claim(key: key, connections: claim.connections + 1)
            return nil
        }
    }

    /// Gives up what one connection claimed.
    func release(_ key: InstanceKey) {
        claims.withLock { claims in
            guard let claim = claims[key.boot], claim.key == key else { return }
            claims[key.boot] = claim.connections > 1 ? Claim(key: key, connections: claim.connections - 1) : nil
        }
    }
}
