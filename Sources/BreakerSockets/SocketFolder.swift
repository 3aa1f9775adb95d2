// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// A folder of metrics sockets that was found safe: no symbolic link, owned by this user or root, writable by nobody
/// else. A group may write to a folder of root's that is sticky, such as one of mode 1770 or 3770: it is shared.
///
/// Whoever may write to the folder could put a socket of its own in the place of a service's; hence the checks. In a sticky
/// folder a member of the group can only add files, not touch those of others.
package struct SocketFolder: Sendable, Hashable {
    package let path: String
    /// Whether other users may have put files there.
    package let isShared: Bool

    /// Checks an existing folder.
    ///
    /// - Throws: ``SocketError`` with a sentence that names the folder, its owner, its mode and what to do.
    package static func open(_ path: String, user: uid_t = geteuid()) throws(SocketError) -> SocketFolder {
        let path = withoutTrailingSlashes(path)
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SocketError(.folderMissing, "'\(path)' is no folder's name")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let number = errno
            throw unusable(path, because: number)
        }
        try check(status, of: path, user: user)
        return SocketFolder(path: path, isShared: isShared(status))
    }

    /// Checks a folder after creating it where it does not exist, for this user only, or for a group to look into as well.
    /// Its parent must exist.
    package static func create(_ path: String, for group: SystemGroup? = nil) throws(SocketError) -> SocketFolder {
        let path = withoutTrailingSlashes(path)
        if mkdir(path, 0o700) == 0 {
            // What fails here is told by the check below.
            if let group, chown(path, uid_t.max, group.id) == 0 { chmod(path, 0o750) }
        } else if errno != EEXIST {
            let number = errno
            throw SocketError(
                .system,
                "cannot create folder '\(path)': \(describe(errno: number));"
                    + " create it yourself or set BREAKERTOP_DIR to another"
            )
        }
        let folder = try open(path)
        if let group { try folder.check(letsIn: group) }
        return folder
    }

    /// That somebody besides the owner can get in at all: who exactly may be for an access list to say.
    func check(letsIn group: SystemGroup) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & 0o011 == 0 else { return }
        throw SocketError(
            .folderUnsafe,
            "folder '\(path)' lets nobody in but its owner, so \(group) cannot reach a socket in it;"
                + " run: chgrp \(group.name) '\(path)' && chmod g+x '\(path)'")
    }

    /// That a system's call on a folder failed.
    package static func unusable(_ path: String, because number: CInt) -> SocketError {
        let code: SocketError.Code =
            switch number {
            case ENOENT, ENOTDIR: .folderMissing
            case EACCES, EPERM: .folderForbidden
            default: .system
            }
        let hint = code == .folderForbidden ? "; check its mode and those of the folders above it" : ""
        return SocketError(code, "cannot look into folder '\(path)': \(describe(errno: number))\(hint)")
    }

    private static func check(_ status: stat, of path: String, user: uid_t) throws(SocketError) {
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFLNK else {
            throw SocketError(
                .folderUnsafe,
                "folder '\(path)' is a symbolic link, which somebody else could turn; name the folder itself")
        }
        guard kind == S_IFDIR else { throw SocketError(.folderUnsafe, "'\(path)' is not a folder") }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        guard status.st_uid == user || status.st_uid == 0 else {
            throw SocketError(
                .folderUnsafe,
                "folder '\(path)' (owner uid \(status.st_uid), mode \(mode)) belongs neither to you (uid \(user)) nor to root;"
                    + " use a folder of your own")
        }
        guard status.st_mode & 0o022 == 0 || isShared(status) else {
            // A folder that is meant for all, such as /tmp, must not be "mended".
            let isOwn = status.st_uid == user && status.st_mode & S_ISVTX == 0
            let hint = isOwn ? "run: chmod go-w '\(path)'" : "use a folder of your own, made by: mkdir -m 700 FOLDER"
            throw SocketError(
                .folderUnsafe,
                "folder '\(path)' (owner uid \(status.st_uid), mode \(mode)) may be written to by others; \(hint)")
        }
    }

    private static func isShared(_ status: stat) -> Bool {
        status.st_uid == 0 && status.st_mode & 0o022 == 0o020 && status.st_mode & S_ISVTX != 0
    }

    // `lstat("link/")` would follow the link.
    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return String(path)
    }
}
