// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The system's words for an error number, safe to call from any thread.
package func describe(errno number: CInt) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress, strerror_r(number, base, buffer.count) == 0 else {
            return "error \(number)"
        }
        return String(cString: base)
    }
}
