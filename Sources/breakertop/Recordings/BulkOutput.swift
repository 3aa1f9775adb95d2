// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Much text on standard output, in large pieces. Not for terminals: what it is given goes out as it is.
final class BulkOutput {
    /// The reader went away, such as `head`, which is no error.
    struct Gone: Error {}

    private var bytes: [UInt8] = []
    private static let piece = 1 << 16

    init() {
        // A reader that goes away is an error of `write`, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        bytes.reserveCapacity(2 * Self.piece)
    }

    func append(_ more: some Sequence<UInt8>) throws(Gone) {
        bytes += more
        if bytes.count >= Self.piece { try flush() }
    }

    func flush() throws(Gone) {
        var left = bytes[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Gone() }
            left = left.dropFirst(count)
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
