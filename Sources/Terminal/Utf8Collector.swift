// SPDX-License-Identifier: Apache-2.0

/// One scalar out of bytes that come one by one; what is not UTF-8 is dropped.
struct Utf8Collector {
    enum Result: Hashable {
        case incomplete
        case complete(Unicode.Scalar)
        /// The byte was part of something invalid, and is used up.
        case invalid
        /// The scalar before it was cut off: the byte begins something else.
        case unexpected
    }

    private var bytes: [UInt8] = []
    private var needed = 0

    var isEmpty: Bool { bytes.isEmpty }

    mutating func add(_ byte: UInt8) -> Result {
        if bytes.isEmpty { return begin(byte) }
        guard byte & 0xC0 == 0x80 else {
            bytes = []
            return .unexpected
        }
        bytes.append(byte)
        guard bytes.count == needed else { return .incomplete }
        defer { bytes = [] }
        guard let text = String(validating: bytes, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            return .invalid
        }
        // C1 controls are no characters that anybody types.
        return scalar.value < 0xA0 ? .invalid : .complete(scalar)
    }

    private mutating func begin(_ byte: UInt8) -> Result {
        switch byte {
        case 0xC2...0xDF: needed = 2
        case 0xE0...0xEF: needed = 3
        case 0xF0...0xF4: needed = 4
        default: return .invalid
        }
        bytes = [byte]
        return .incomplete
    }
}
