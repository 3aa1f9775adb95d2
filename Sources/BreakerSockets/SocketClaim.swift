// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The right to listen on one path, held by a lock file for as long as this value, or the process, lives.
///
/// The lock says whether a socket is alive, not its existence and not a process id: the kernel drops a lock with its
/// process. The order is always lock, remove what a dead holder left, bind; so a live socket is never stolen and a
/// claim never fails for a dead one.
package final class SocketClaim: Sendable {
    /// The socket's path.
    package let path: String

    private struct Held {
        var lock: CInt
        /// Bound, not yet listening; `nil` once a listener has it.
        var socket: CInt?
        var device: dev_t
        var inode: ino_t
    }

    private let lockPath: String
    private let held: Mutex<Held?>

    private init(path: String, lockPath: String, held: Held) {
        self.path = path
        self.lockPath = lockPath
        self.held = Mutex(held)
    }

    deinit { release() }

    /// Takes the first free name of a service's instance in a folder: `<service>.<instance>.sock`, then `….2.sock` up
    /// to 16.
    ///
    /// The socket is bound with mode 0600, or 0660 for a group, and does not listen yet: until it does, nobody can connect.
    package static func take(
        service: String, instance: String, in folder: SocketFolder, for group: SystemGroup? = nil
    ) throws(SocketError) -> SocketClaim {
        for claim in 1...SocketName.maximumClaims {
            let stem = "\(folder.path)/\(SocketName.stem(service: service, instance: instance, claim: claim))"
            let (path, lockPath) = ("\(stem).sock", "\(stem).lock")
            guard path.utf8.count <= Endpoint.maximumPathLength else { throw tooLong(path) }
            guard let lock = try takeLock(lockPath, inShared: folder.isShared) else { continue }
            do throws(SocketError) {
                guard !(folder.isShared && isForeign(path)) else {
                    unlink(lockPath)
                    close(lock)
                    continue
                }
                let bound = try bind(path, for: group)
                for further in (claim + 1)..<(SocketName.maximumClaims + 1) {
                    sweep(SocketName.stem(service: service, instance: instance, claim: further), in: folder)
                }
                return SocketClaim(
                    path: path, lockPath: lockPath,
                    held: Held(lock: lock, socket: bound.socket, device: bound.device, inode: bound.inode))
            } catch {
                close(lock)
                throw error
            }
        }
        throw SocketError(
            .nameTaken,
            "\(SocketName.maximumClaims) live publishers are named \(service)/\(instance) in '\(folder.path)';"
                + " give each instance a name of its own")
    }

    /// Removes a further name's socket that no live process holds: nobody else would ever, and it looks like a service
    /// that died. What is not certainly such a leftover stays.
    private static func sweep(_ stem: String, in folder: SocketFolder) {
        let (path, lockPath) = ("\(folder.path)/\(stem).sock", "\(folder.path)/\(stem).lock")
        var status = stat()
        guard lstat(lockPath, &status) == 0, status.st_uid == geteuid() else { return }
        guard let lock = try? takeLock(lockPath, inShared: folder.isShared) else { return }
        if !isForeign(path) { try? removeLeftover(path) }
        unlink(lockPath)
        close(lock)
    }

    /// Hands the bound socket to a listener, which closes it. `nil` when it was handed out or released before.
    func takeSocket() -> CInt? {
        held.withLock { held in
            defer { held?.socket = nil }
            return held?.socket
        }
    }

    /// Takes the socket's name out of the folder, so that nobody new finds it; the lock stays.
    package func removeSocket() {
        held.withLock { held in
            guard let held else { return }
            var status = stat()
            // Somebody may have replaced the file by hand: only our own goes.
            if lstat(path, &status) == 0, status.st_dev == held.device, status.st_ino == held.inode { unlink(path) }
        }
    }

    /// Removes the socket and its lock file. Safe to call twice.
    package func release() {
        removeSocket()
        let held = held.withLock { held in
            defer { held = nil }
            return held
        }
        guard let held else { return }
        if let socket = held.socket { close(socket) }
        // Unlinked while still locked: who waits at the old file sees, once it has the lock, that the name is another
        // file's.
        unlink(lockPath)
        close(held.lock)
    }

    private static func tooLong(_ path: String) -> SocketError {
        SocketError(
            .pathTooLong,
            "socket path '\(path)' has \(path.utf8.count) bytes, at most \(Endpoint.maximumPathLength) fit;"
                + " shorten the service's or instance's name or set BREAKERTOP_DIR to a shorter folder")
    }
}

extension SocketClaim {
    /// The locked file's descriptor; `nil` when a live process holds it, or it is another user's in a shared folder: he
    /// could remove it while we hold it.
    ///
    /// - Parameter afterOpening: for tests of what others may do between our opening and our locking it.
    static func takeLock(
        _ path: String, inShared isShared: Bool = false, afterOpening: () -> Void = {}
    ) throws(SocketError) -> CInt? {
        // A few rounds, because the file may be removed by its last holder between our opening and locking it.
        for _ in 1...100 {
            if isShared, isForeign(path) { return nil }
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw failure("open lock file", path) }
            afterOpening()
            do throws(SocketError) {
                // Again, because the name may have become another user's since it was looked at.
                try checkOwner(of: file, path)
            } catch {
                close(file)
                if isShared { return nil }
                throw error
            }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let number = errno
                close(file)
                if number == EWOULDBLOCK { return nil }
                if number == EINTR { continue }
                throw SocketError(.system, "cannot lock '\(path)': \(describe(errno: number))")
            }
            if names(path, file) { return file }
            close(file)
        }
        throw SocketError(.system, "lock file '\(path)' keeps being removed; is something cleaning that folder?")
    }

    /// Whoever owns the file could hold its lock for ever, or remove it from a folder that others may write to.
    private static func checkOwner(of file: CInt, _ path: String) throws(SocketError) {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("look at lock file", path) }
        guard status.st_uid == geteuid() else {
            throw SocketError(
                .system,
                "lock file '\(path)' belongs to user \(status.st_uid), not to user \(geteuid()); remove it when no"
                    + " service of that user needs it")
        }
    }

    private static func names(_ path: String, _ file: CInt) -> Bool {
        var (ours, named) = (stat(), stat())
        return fstat(file, &ours) == 0 && lstat(path, &named) == 0
            && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino
    }

    /// Whether something of another user's has the name. In a shared folder only he and root may take it away.
    private static func isForeign(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_uid != geteuid()
    }

    private static func bind(
        _ path: String, for group: SystemGroup?
    ) throws(SocketError) -> (socket: CInt, device: dev_t, inode: ino_t) {
        try removeLeftover(path)
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw failure("create socket", path) }
        var status = stat()
        // The mode is set before listening, and never through the umask, which belongs to the whole process.
        guard fchmod(socket, 0o600) == 0, bind(socket, to: path), chmod(path, 0o600) == 0, lstat(path, &status) == 0
        else {
            let error = failure("bind socket", path)
            close(socket)
            throw error
        }
        if let group {
            // The group first: no other one is to be let in meanwhile.
            guard chown(path, uid_t.max, group.id) == 0, chmod(path, 0o660) == 0 else {
                let number = errno
                close(socket)
                unlink(path)
                throw SocketError(
                    .system,
                    "cannot give socket '\(path)' to \(group): \(describe(errno: number));"
                        + " the service's user must be a member of the group")
            }
        }
        return (socket, status.st_dev, status.st_ino)
    }

    private static func removeLeftover(_ path: String) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError(.notASocket, "'\(path)' is in the way and is not a socket; remove it")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove stale socket", path) }
    }

    private static func bind(_ socket: CInt, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(Endpoint.maximumPathLength))
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private static func failure(_ what: String, _ path: String) -> SocketError {
        SocketError(.system, "cannot \(what) '\(path)': \(describe(errno: errno))")
    }
}
