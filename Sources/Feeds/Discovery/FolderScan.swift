// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc

/// One look into a folder of sockets.
enum FolderScan {
    /// The most names of sockets that are looked at.
    static let maximumSockets = 4_096
    /// The most names of any kind, such as those of locks, that are looked at.
    static let maximumEntries = 65_536

    /// What is in a folder.
    struct Found {
        var places: [Place] = []
        /// Whether there is more than is looked at.
        var hasMore = false
    }

    /// The sockets in a folder that one may follow, in the order of their paths: those of this user and of root, and in a
    /// folder of root's those of others that this user may connect to.
    ///
    /// Root, who owns such a folder, decides who may put a socket there; whose each is, is told with it. Whether anybody
    /// listens shows when one connects; no lock is tested, since testing one would hold it for a moment.
    /// - Throws: ``SocketError`` when the folder is missing, not for this user, or unsafe.
    static func look(
        into path: String, user: uid_t = geteuid(), maximumSockets: Int = maximumSockets,
        maximumEntries: Int = maximumEntries
    ) throws(SocketError) -> Found {
        let folder = try SocketFolder.open(path, user: user)
        guard let directory = opendir(folder.path) else {
            throw SocketFolder.unusable(folder.path, because: errno)
        }
        defer { closedir(directory) }
        var status = stat()
        let isOfRoot = fstat(dirfd(directory), &status) == 0 && status.st_uid == 0
        var found: [String: Place] = [:]
        var (entries, sockets) = (0, 0)
        var hasMore = false
        while let entry = readdir(directory) {
            entries += 1
            hasMore = entries > maximumEntries
            guard !hasMore else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(validatingCString: $0)
                }
            }
            guard let name, name.hasSuffix(".sock"), !name.hasPrefix(".") else { continue }
            sockets += 1
            hasMore = sockets > maximumSockets
            guard !hasMore else { break }
            let path = "\(folder.path)/\(name)"
            found[path] = place(at: path, user: user, takesOthers: isOfRoot)
        }
        return Found(places: found.sorted { $0.key < $1.key }.map(\.value), hasMore: hasMore)
    }

    private static func place(at path: String, user: uid_t, takesOthers: Bool) -> Place? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        let owner = status.st_uid
        let isTrusted = owner == user || owner == 0
        guard isTrusted || takesOthers && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 else { return nil }
        return Place(path: path, isNamed: false, file: Place.File(status), owner: owner == user ? nil : owner)
    }
}
