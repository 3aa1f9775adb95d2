// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a state file could not be read or written.
struct OverrideFileError: Error, Sendable, Hashable {
    enum Code: Sendable, Hashable {
        /// Something that this module did not write: it is left alone.
        case notOurs
        /// A file of ours that cannot be used: it is set aside, if there is room for one more.
        case unusable
        /// There is nothing in it, which this module never leaves behind.
        case empty
        /// Another process holds it, for as long as it lives.
        case busy
        /// The system, or a bound, refused: it is tried again.
        case system
    }

    var code: Code
    /// A clause without a capital or a full stop.
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    /// The system refused to do something: what, and its error number.
    init(failedTo what: String, _ number: CInt = errno) {
        self.init(.system, "cannot \(what): \(describe(errno: number))")
    }
}

/// The system's words for an error number, safe to call from any thread.
func describe(errno number: CInt) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress, strerror_r(number, base, buffer.count) == 0 else {
            return "error \(number)"
        }
        return String(cString: base)
    }
}
