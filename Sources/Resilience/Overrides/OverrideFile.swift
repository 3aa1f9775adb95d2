// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A state file on disk, held by one process at a time.
///
/// All steps go through the folder's descriptor, after a look at it: nobody but this user and root may be able to put
/// anything there. The folder may be reached by a symbolic link, the file may not. Everything here blocks.
final class OverrideFile: Sendable {
    let path: String
    private let service: String
    let folder: String
    private let name: String
    /// The locked file's descriptor, or -1. The kernel drops the lock with the process; the file stays, for removing it
    /// would let two processes lock two files of one name.
    private let lock = Mutex<CInt>(-1)

    /// Names a file; nothing is touched before ``take()``.
    ///
    /// - Throws: ``OverrideFileError`` when the path leads nowhere.
    init(_ path: String, service: String) throws(OverrideFileError) {
        guard path.hasPrefix("/"), !path.utf8.contains(0), let slash = path.lastIndex(of: "/") else {
            throw OverrideFileError(.system, "'\(path)' is not an absolute path; name the file from the root on")
        }
        self.path = path
        self.service = service
        folder = slash == path.startIndex ? "/" : String(path[..<slash])
        name = String(path[path.index(after: slash)...])
        guard !name.isEmpty, name != ".", name != ".." else {
            throw OverrideFileError(.system, "'\(path)' names a folder; name a file in it, such as overrides.json")
        }
    }

    deinit {
        lock.withLock { if $0 >= 0 { close($0) } }
    }

    /// Makes the file's folder, for this user only, where that is missing and its parent is not.
    ///
    /// - Returns: Whether it was made. What cannot be made cannot be opened either, and that is told.
    func makeFolder() -> Bool { makeStateFolder(folder) }

    /// Takes the file for this process.
    ///
    /// - Throws: ``OverrideFileError``, ``OverrideFileError/Code/busy`` for as long as another process has it.
    func take() throws(OverrideFileError) {
        let folder = try openStateFolder(self.folder)
        defer { close(folder) }
        try holdLock(in: folder)
    }

    // MARK: Writing

    /// Replaces the file's content: after a return the new one is on the disk, after an error or a crash at any point
    /// the old one or the new one, whole.
    func write(_ overrides: [String: StoredOverride]) throws(OverrideFileError) {
        let bytes = try OverrideDocument.encode(overrides, of: service)
        let folder = try openStateFolder(self.folder)
        defer { close(folder) }
        try holdLock(in: folder)
        let draft = "\(name).tmp"
        // Whose process died over it cannot be alive: the lock is ours.
        unlinkat(folder, draft, 0)
        do throws(OverrideFileError) {
            try writeDraft(draft, bytes, in: folder)
            guard renameat(folder, draft, folder, name) == 0 else {
                throw OverrideFileError(failedTo: "replace '\(path)'")
            }
        } catch {
            // A disk that is full gets its space back.
            unlinkat(folder, draft, 0)
            throw error
        }
        // Some file systems cannot do it for folders.
        guard fsync(folder) == 0 || errno == EINVAL else {
            throw OverrideFileError(failedTo: "bring folder '\(self.folder)' to disk")
        }
    }

    private func writeDraft(_ draft: String, _ bytes: [UInt8], in folder: CInt) throws(OverrideFileError) {
        let file = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw OverrideFileError(failedTo: "create '\(path).tmp'") }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw OverrideFileError(failedTo: "protect '\(path).tmp'") }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0) }
            guard count > 0 || (count < 0 && errno == EINTR) else {
                throw OverrideFileError(failedTo: "write '\(path).tmp'")
            }
            if count > 0 { rest = rest.dropFirst(count) }
        }
        guard fsync(file) == 0 else { throw OverrideFileError(failedTo: "bring '\(path).tmp' to disk") }
    }

    // MARK: Reading

    /// What the file holds; nothing when it is missing. It may be another process's: it is whole at every moment.
    ///
    /// - Throws: ``OverrideFileError``, whose code says what may be done about the file. Nothing was changed.
    func read() throws(OverrideFileError) -> [String: StoredOverride] {
        let folder = try openStateFolder(self.folder)
        defer { close(folder) }
        // Not waiting: a pipe without a writer would hold up the start of the service.
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return [:] }
            if errno == ELOOP { throw OverrideFileError(.notOurs, "it is a symbolic link; name the file itself") }
            throw OverrideFileError(failedTo: "open it")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw OverrideFileError(.notOurs, "it is not a file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw OverrideFileError(.notOurs, "it belongs to uid \(status.st_uid), not to uid \(geteuid()) or root")
        }
        let bytes = try content(of: file)
        guard !bytes.isEmpty else { throw OverrideFileError(.empty, "it is empty") }
        guard OverrideDocument.isRecognized(in: bytes) else {
            throw OverrideFileError(.notOurs, "its format is not \(OverrideDocument.format)")
        }
        guard status.st_mode & 0o022 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw OverrideFileError(.unusable, "others may write to it (mode \(mode)), so anybody may have written it")
        }
        guard bytes.count <= OverrideDocument.maximumBytes else {
            throw OverrideFileError(.unusable, "it is longer than \(OverrideDocument.maximumBytes) bytes")
        }
        return try OverrideDocument.decode(bytes, of: service)
    }

    /// All bytes, or one more than may be.
    private func content(of file: CInt) throws(OverrideFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= OverrideDocument.maximumBytes {
            let count = chunk.withUnsafeMutableBytes { systemRead(file, $0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw OverrideFileError(failedTo: "read it")
            }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    /// Gives the file another name, so that it is neither used nor overwritten.
    ///
    /// - Returns: The new path.
    func setAside() throws(OverrideFileError) -> String {
        let folder = try openStateFolder(self.folder)
        defer { close(folder) }
        for number in 1...9 {
            let suffix = number == 1 ? ".unreadable" : ".unreadable.\(number)"
            var status = stat()
            // Nobody comes in between: the folder is ours and locked.
            guard fstatat(folder, name + suffix, &status, AT_SYMLINK_NOFOLLOW) != 0, errno == ENOENT else { continue }
            guard renameat(folder, name, folder, name + suffix) == 0 else {
                throw OverrideFileError(failedTo: "rename '\(path)'")
            }
            return path + suffix
        }
        throw OverrideFileError(.unusable, "nine files '\(path).unreadable…' are there already; remove them")
    }

    // MARK: Lock

    /// Makes sure that the lock's file is still the one that this process has locked, and locks it where it is not.
    private func holdLock(in folder: CInt) throws(OverrideFileError) {
        // Rounds, because the file may be removed by hand between the opening and the locking.
        for _ in 1...100 {
            if isLockHeld(in: folder) { return }
            let file = openat(folder, "\(name).lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw OverrideFileError(failedTo: "open lock file '\(path).lock'") }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let number = errno
                close(file)
                if number == EINTR { continue }
                guard number == EWOULDBLOCK else { throw OverrideFileError(failedTo: "lock '\(path).lock'", number) }
                throw OverrideFileError(
                    .busy,
                    "another process keeps its overrides in '\(path)': an earlier one that is about to end, or an instance"
                        + " that needs a file of its own")
            }
            let former = lock.withLock { lock in
                defer { lock = file }
                return lock
            }
            if former >= 0 { close(former) }
        }
        throw OverrideFileError(.system, "'\(path).lock' keeps being removed; is something cleaning that folder?")
    }

    private func isLockHeld(in folder: CInt) -> Bool {
        let held = lock.withLock { $0 }
        var (ours, named) = (stat(), stat())
        return held >= 0 && fstat(held, &ours) == 0 && fstatat(folder, "\(name).lock", &named, AT_SYMLINK_NOFOLLOW) == 0
            && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino
    }
}

// Outside of the type, whose own functions have these names.
private func systemWrite(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}

private func systemRead(_ file: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(file, buffer.baseAddress, buffer.count)
}
