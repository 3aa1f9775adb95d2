// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes on their way to the terminal: sent in one `write`, the rest kept when the terminal takes no more for now.
///
/// Bounded by its use: no frame is made while there is a rest.
struct OutputBuffer {
    enum Progress: Hashable {
        case done
        /// The terminal is slow: go on when it is writable.
        case blocked
        /// The terminal is gone.
        case lost
    }

    private var bytes: [UInt8] = []
    private var sent = 0
    private(set) var totalBytes = 0
    private(set) var totalWrites = 0

    var isEmpty: Bool { sent == bytes.count }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ start: UnsafePointer<UInt8>?, count: Int) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// Gives up what has not been sent.
    mutating func discard() {
        bytes.removeAll(keepingCapacity: true)
        sent = 0
    }

    mutating func flush(to descriptor: Int32) -> Progress {
        while !isEmpty {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
            }
            if count < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return .blocked
                default:
                    discard()
                    return .lost
                }
            }
            sent += count
            totalBytes += count
            totalWrites += 1
        }
        discard()
        return .done
    }
}
