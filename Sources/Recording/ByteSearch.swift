// SPDX-License-Identifier: Apache-2.0

import Glibc

extension UnsafeRawBufferPointer {
    /// Where a pattern begins in it, the first time.
    func firstOffset(of pattern: [UInt8]) -> Int? {
        guard let base = baseAddress, let first = pattern.first else { return nil }
        var offset = 0
        while count - offset >= pattern.count {
            let room = count - offset - pattern.count + 1
            guard let found = memchr(base + offset, CInt(first), room) else { return nil }
            offset = UnsafeRawPointer(found) - base
            if memcmp(base + offset, pattern, pattern.count) == 0 { return offset }
            offset += 1
        }
        return nil
    }
}
