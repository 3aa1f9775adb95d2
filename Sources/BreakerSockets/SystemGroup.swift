// SPDX-License-Identifier: Apache-2.0

package import Glibc
import NIOPosix

/// A group of this machine's users.
package struct SystemGroup: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let id: gid_t

    package init(name: String, id: gid_t) {
        self.name = name
        self.id = id
    }

    package var description: String { "group \(name)" }

    /// The group of that name. A directory service may be asked, and take its time: off the cooperative pool.
    /// - Throws: ``SocketError`` when there is none of that name, or a cancellation.
    package static func named(_ name: String) async throws -> SystemGroup {
        guard let id = try await NIOThreadPool.singleton.runIfActive({ lookUp(name) }) else {
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
