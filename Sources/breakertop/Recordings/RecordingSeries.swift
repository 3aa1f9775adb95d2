// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import FoundationEssentials
import Glibc
import Recording

/// The files of a recording that goes on in one after the other: `friday.2026-11-22T04-12-00Z.btrec` and so on, which their
/// names sort by time. Its work may block.
struct RecordingSeries: Sendable {
    private let folder: String
    /// What all names begin with, up to the time.
    private let stem: String
    /// While it lives, no other program writes files of this series.
    private let lock: SeriesLock

    private static let suffix = ".btrec"

    /// - Parameter path: what was named, such as `friday.btrec`.
    /// - Throws: an error that names the file and what to do: another program writes it, or the folder is none.
    init(path: String) throws(RecordingError) {
        let slash = path.lastIndex(of: "/")
        folder = slash.map { String(path[...$0]) } ?? "./"
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        let base = name.hasSuffix(Self.suffix) ? name.dropLast(Self.suffix.count) : name
        stem = base + "."
        lock = try SeriesLock(path: "\(folder).\(base)\(Self.suffix).lock", of: path)
    }

    /// Makes the file that begins at a moment, in milliseconds since 1970.
    func create(at start: Milliseconds) throws(RecordingError) -> RecordingFile {
        // Where the wall clock was put back there may be one already.
        for seconds in 0..<60 as Range<Int64> {
            let path = folder + name(at: start.saturatingSum(1_000 * seconds))
            var status = stat()
            if lstat(path, &status) != 0 { return try RecordingFile(creating: path) }
        }
        return try RecordingFile(creating: folder + name(at: start))
    }

    private func name(at t: Milliseconds) -> String {
        let stamp = Date(timeIntervalSince1970: Double(t) / 1_000).formatted(.iso8601)
        return stem + stamp.replacing(":", with: "-") + Self.suffix
    }

    /// The files that are of this series beyond doubt: by their names, their owner, and what they say of themselves.
    func files() -> [Rotation.File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap(file)
    }

    /// What there is to know of a file of it.
    func entry(of file: RecordingFile, start: Milliseconds, bytes: Int) -> Rotation.File {
        Rotation.File(name: String(file.path.dropFirst(folder.count)), start: start, bytes: bytes)
    }

    private func file(_ name: String) -> Rotation.File? {
        var status = stat()
        guard isOurs(name), lstat(folder + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid(), let bytes = try? FileBytes(path: folder + name),
            let header = RecordingHeader(readFrom: bytes)
        else { return nil }
        return Rotation.File(name: name, start: header.started, bytes: Int(status.st_size))
    }

    private func isOurs(_ name: String) -> Bool {
        guard name.hasPrefix(stem), name.hasSuffix(Self.suffix) else { return false }
        let stamp = name.utf8.dropFirst(stem.utf8.count).dropLast(Self.suffix.utf8.count)
        let shape = "0000-00-00T00-00-00Z".utf8
        let zero = UInt8(ascii: "0")
        return stamp.count == shape.count
            && zip(stamp, shape).allSatisfy { $1 == zero ? (zero...UInt8(ascii: "9")).contains($0) : $0 == $1 }
    }

    /// Removes a file that ``files()`` named, unless it is another one by now.
    func remove(_ file: Rotation.File) throws(RecordingError) {
        guard self.file(file.name) != nil else { return }
        let path = folder + file.name
        guard unlink(path) == 0 || errno == ENOENT else {
            throw RecordingError(.system, "cannot remove '\(path)': \(String(cString: strerror(errno)))")
        }
    }
}

/// One writer for a series: a locked file beside it, which goes when it ends. What a killed program leaves locks nobody out.
private final class SeriesLock: Sendable {
    private let descriptor: CInt
    private let path: String

    init(path: String, of series: String) throws(RecordingError) {
        self.path = path
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                throw RecordingError(.system, "cannot make '\(path)': \(String(cString: strerror(errno)))")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw RecordingError(
                    .system, "another breakertop records '\(series)' already: end that one, or name another file")
            }
            var (held, named) = (stat(), stat())
            fstat(descriptor, &held)
            // Whoever ended in between took the name away.
            if stat(path, &named) == 0, held.st_ino == named.st_ino, held.st_dev == named.st_dev {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}
