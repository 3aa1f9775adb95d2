// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A recording's file while it is written: nobody else's, and never one that was there before. Its work may block.
package final class RecordingFile: Sendable {
    package let path: String
    private let descriptor: CInt
    private let length = Mutex(0)

    /// - Throws: an error that names the file and what to do: it exists, another program writes it, or it cannot be made.
    package init(creating path: String) throws(RecordingError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw Self.failure("make", path) }
            throw RecordingError(
                .system, "'\(path)' exists already, and no recording is overwritten: name another file")
        }
    }

    deinit { close(descriptor) }

    /// Appends bytes. Where not all of them can be written, none of them are, so that what is there plays.
    ///
    /// - Parameter isSealed: whether a segment ends with them: then they have reached the disk when this returns.
    package func append(_ bytes: [UInt8], isSealed: Bool) throws(RecordingError) {
        let failure = length.withLock { length -> RecordingError? in
            guard write(bytes) else {
                let failure = Self.failure("write", path)
                ftruncate(descriptor, off_t(length))
                lseek(descriptor, off_t(length), SEEK_SET)
                return failure
            }
            length += bytes.count
            return isSealed && fsync(descriptor) != 0 ? Self.failure("write", path) : nil
        }
        if let failure { throw failure }
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var left = bytes[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            left = left.dropFirst(count)
        }
        return true
    }

    private static func failure(_ verb: String, _ path: String) -> RecordingError {
        RecordingError(.system, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}
