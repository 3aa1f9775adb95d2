// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc

/// One look into a folder of sockets.
struct FolderScan: Sendable {
    /// A socket, and which one: a new process makes a new file of the old name.
    struct Found: Sendable, Hashable {
        var path: String
        var device: UInt64
        var inode: UInt64
    }

    /// The most entries that are looked at, and so the most sockets.
    static let maximumEntries = 4_096

    /// The sockets in a folder that belong to this user or to root, in the order of their paths.
    ///
    /// Whether anybody listens there shows when one connects; no lock is tested, since testing one would hold it for a
    /// moment.
    /// - Throws: ``SocketError`` when the folder is missing, not for this user, or unsafe.
    static func look(into path: String, user: uid_t = geteuid()) throws(SocketError) -> [Found] {
        let folder = try SocketFolder.open(path, user: user)
        guard let directory = opendir(folder.path) else {
            throw SocketFolder.unusable(folder.path, because: errno)
        }
        defer { closedir(directory) }
        var found: [Found] = []
        for _ in 0..<maximumEntries {
            guard let entry = readdir(directory) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(validatingCString: $0)
                }
            }
            guard let name, name.hasSuffix(".sock"), !name.hasPrefix(".") else { continue }
            if let socket = socket(at: "\(folder.path)/\(name)", user: user) { found.append(socket) }
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func socket(at path: String, user: uid_t) -> Found? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK,
            status.st_uid == user || status.st_uid == 0
        else { return nil }
        return Found(path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
