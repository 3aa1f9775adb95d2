// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// Who is at the other end of a Unix socket, as the kernel saw it when the connection was made.
package struct PeerCredentials: Sendable, Hashable {
    /// 0 for a process of another namespace.
    package var pid: Int32
    package var uid: UInt32
    /// The primary group.
    package var gid: UInt32
    /// The supplementary groups; empty where the kernel is older than 4.13 and does not tell.
    package var groups: [UInt32]

    package init(pid: Int32, uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }
}

extension PeerCredentials {
    // The kernel's `struct ucred`, field by field.
    private struct Kernel {
        var pid: Int32 = 0
        var uid: UInt32 = .max
        var gid: UInt32 = .max
    }

    /// Asks the kernel; `nil` when the connection is no Unix socket or is gone already. On the channel's event loop.
    static func of(_ channel: any Channel) -> PeerCredentials? {
        let found = try? channel.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { PeerCredentials(of: $0) }
        return found ?? nil
    }

    private init?(of socket: CInt) {
        var kernel = Kernel()
        var length = socklen_t(MemoryLayout<Kernel>.size)
        // A TCP socket has no user: the kernel says -1.
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &kernel, &length) == 0, kernel.uid != .max else { return nil }
        self.init(pid: kernel.pid, uid: kernel.uid, gid: kernel.gid, groups: Self.groups(of: socket))
    }

    private static func groups(of socket: CInt) -> [UInt32] {
        var capacity = 32
        // A second time when the kernel said how many there are.
        for _ in 1...2 {
            var length = socklen_t(capacity * MemoryLayout<UInt32>.stride)
            var problem: CInt = 0
            let groups = [UInt32](unsafeUninitializedCapacity: capacity) { buffer, count in
                if getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, buffer.baseAddress, &length) != 0 { problem = errno }
                count = problem == 0 ? Int(length) / MemoryLayout<UInt32>.stride : 0
            }
            capacity = Int(length) / MemoryLayout<UInt32>.stride
            guard problem == ERANGE, capacity <= 65_536 else { return groups }
        }
        return []
    }
}
