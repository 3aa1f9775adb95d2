// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import Glibc

/// A file of certificates or of a key.
struct PEMFile {
    enum Kind: String {
        case authorities = "authorities' file"
        case certificate
        case key
    }

    /// More is no file of certificates; the system's authorities take a quarter of it.
    private static let limit = 1 << 20

    let kind: Kind
    let path: String

    var name: String { "\(kind.rawValue) '\(path)'" }

    /// - Throws: ``SocketError`` that names the file and says what to do.
    func read() throws(SocketError) -> [UInt8] {
        // Non-blocking, because opening a pipe would wait for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw systemError() }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw systemError() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SocketError(.system, "the \(name) is no regular file") }
        if kind == .key { try checkPrivacy(status) }
        guard status.st_size <= Self.limit else {
            throw SocketError(.system, "the \(name) has more than \(Self.limit) bytes: is it the right one?")
        }
        return try contents(of: file)
    }

    private func contents(of file: CInt) throws(SocketError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= Self.limit {
            var count = 0
            let part = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, filled in
                count = Glibc.read(file, buffer.baseAddress, buffer.count)
                filled = max(count, 0)
            }
            if count < 0 { throw systemError() }
            if count == 0 { return bytes }
            bytes += part
        }
        throw SocketError(.system, "the \(name) is growing: is it the right one?")
    }

    private func checkPrivacy(_ status: stat) throws(SocketError) {
        let isRoots = status.st_uid == 0
        guard isRoots || status.st_uid == geteuid() || geteuid() == 0 else {
            throw SocketError(
                .system, "the \(name) belongs to user \(status.st_uid): it must belong to user \(geteuid()) or to root")
        }
        // A group may read what is root's: so do Debian (group ssl-cert) and Kubernetes (fsGroup) share keys.
        guard status.st_mode & (isRoots ? 0o037 : 0o077) == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw SocketError(
                .system,
                "the \(name) is not private, its mode is 0\(mode): take the others' access away (chmod 600, or 640 where "
                    + "it is root's; in Kubernetes defaultMode: 0400, or 0440 with fsGroup)")
        }
    }

    private func systemError() -> SocketError {
        SocketError(.system, "cannot read the \(name): \(describe(errno: errno))")
    }
}

/// What tells one content of a path from the next, also where links are exchanged; `nil` = nothing there.
struct FileStamp: Equatable {
    private var device: dev_t
    private var inode: ino_t
    private var size: off_t
    private var modified: [Int]
    // Taking away others' access is a change as well: a key that was refused is looked at again.
    private var changed: [Int]

    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode, size) = (status.st_dev, status.st_ino, status.st_size)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
#endif
