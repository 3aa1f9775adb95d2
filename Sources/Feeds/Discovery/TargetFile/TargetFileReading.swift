// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file's bytes, read when they may have changed. Blocks while the file's server is slow.
enum TargetFileReading: Sendable {
    case unchanged
    case read(bytes: [UInt8], version: Version)
    case missing
    /// Why it cannot be read.
    case failed(String)

    /// What tells one content of a file from another.
    struct Version: Sendable, Hashable {
        var file: Place.File
        var size: Int64
        var modified: Int64
    }

    /// Reads a file unless it still is of a version that was read before.
    static func look(at path: String, unless known: Version?) -> TargetFileReading {
        // Not to wait for the other end of a pipe.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .missing : .failed(String(cString: strerror(errno)))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return .failed(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .failed("it is not a file") }
        guard status.st_size <= TargetFile.maximumSize else {
            return .failed("it has \(status.st_size) bytes; at most \(TargetFile.maximumSize) are read")
        }
        let version = Version(status)
        return version == known ? .unchanged : read(file, version)
    }

    private static func read(_ file: CInt, _ version: Version) -> TargetFileReading {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= TargetFile.maximumSize {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failed(String(cString: strerror(errno))) }
            if count == 0 { return .read(bytes: bytes, version: version) }
            bytes += chunk.prefix(count)
        }
        return .failed("it grew beyond \(TargetFile.maximumSize) bytes")
    }
}

extension TargetFileReading.Version {
    init(_ status: stat) {
        file = Place.File(status)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}
