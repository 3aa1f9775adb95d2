// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Bytes that are read here and there.
package protocol ByteSource {
    /// How many there are now: a file that is being written grows.
    func size() throws(RecordingError) -> Int
    /// So many bytes from a place on; fewer at the end.
    func read(at offset: Int, count: Int) throws(RecordingError) -> [UInt8]
}

extension [UInt8]: ByteSource {
    package func size() -> Int { count }

    package func read(at offset: Int, count: Int) -> [UInt8] {
        let start = Swift.min(Swift.max(0, offset), self.count)
        return Array(self[start..<Swift.min(self.count, start + Swift.max(0, count))])
    }
}

/// A file that is read.
package final class FileBytes: ByteSource, Sendable {
    private let descriptor: CInt
    private let path: String

    package init(path: String) throws(RecordingError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    package func size() throws(RecordingError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        return Int(status.st_size)
    }

    package func read(at offset: Int, count: Int) throws(RecordingError) -> [UInt8] {
        guard count > 0 else { return [] }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            while filled < count {
                let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                filled += got
            }
        }
        if failed { throw Self.failure(path) }
        return bytes
    }

    private static func failure(_ path: String) -> RecordingError {
        RecordingError(.system, "cannot read '\(path)': \(String(cString: strerror(errno)))")
    }
}
