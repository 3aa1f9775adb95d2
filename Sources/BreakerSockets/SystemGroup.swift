// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// A group of this machine's users.
package struct SystemGroup: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let id: gid_t

    package init(name: String, id: gid_t) {
        self.name = name
        self.id = id
    }

    package var description: String { "group \(name)" }

    /// The group of that name. Blocks for as long as a directory service takes that may be asked.
    /// - Throws: ``SocketError`` when there is none of that name.
    package static func named(_ name: String) throws(SocketError) -> SystemGroup {
        guard let id = lookUp(name) else {
            throw SocketError(.system, "there is no group '\(name)' on this machine")
        }
        return SystemGroup(name: name, id: id)
    }

    private static func lookUp(_ name: String) -> gid_t? {
        // The members are listed as well, and there may be many.
        for capacity in [4_096, 65_536, 1 << 20] {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
            defer { buffer.deallocate() }
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            let result = getgrnam_r(name, &entry, buffer, capacity, &found)
            if result != ERANGE { return result == 0 && found != nil ? entry.gr_gid : nil }
        }
        return nil
    }
}
