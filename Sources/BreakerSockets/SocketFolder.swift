// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// A folder of metrics sockets that was found safe: no symbolic link, owned by this user or root, writable by nobody
/// else.
///
/// Whoever may write to the folder could put a socket of its own in the place of a service's; hence the checks.
package struct SocketFolder: Sendable, Hashable {
    package let path: String

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
        return SocketFolder(path: path)
    }

    /// Checks a folder after creating it, readable by this user only, where it does not exist. Its parent must exist.
    package static func create(_ path: String) throws(SocketError) -> SocketFolder {
        let path = withoutTrailingSlashes(path)
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            let number = errno
            throw SocketError(
                .system,
                "cannot create folder '\(path)': \(describe(errno: number));"
                    + " create it yourself or set BREAKERTOP_DIR to another"
            )
        }
        return try open(path)
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
        guard status.st_mode & 0o022 == 0 else {
            // A folder that is meant for all, such as /tmp, must not be "mended".
            let isOwn = status.st_uid == user && status.st_mode & S_ISVTX == 0
            let hint = isOwn ? "run: chmod go-w '\(path)'" : "use a folder of your own, made by: mkdir -m 700 FOLDER"
            throw SocketError(
                .folderUnsafe,
                "folder '\(path)' (owner uid \(status.st_uid), mode \(mode)) may be written to by others; \(hint)")
        }
    }

    // `lstat("link/")` would follow the link.
    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return String(path)
    }
}
