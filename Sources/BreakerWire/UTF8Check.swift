// SPDX-License-Identifier: Apache-2.0

/// The position of the first byte that is not well-formed UTF-8; `nil` when all is well.
func firstInvalidUTF8(in bytes: UnsafeRawBufferPointer) -> Int? {
    var position = asciiPrefix(of: bytes)
    while position < bytes.count {
        guard bytes[position] >= 0x80 else {
            position += 1
            continue
        }
        guard let length = sequenceLength(at: position, in: bytes) else { return position }
        position += length
    }
    return nil
}

/// How many bytes at the front are seen to be ASCII, thirty-two at a time: nearly every line is ASCII all over.
private func asciiPrefix(of bytes: UnsafeRawBufferPointer) -> Int {
    let stride = MemoryLayout<SIMD4<UInt64>>.size
    var position = 0
    while position + stride <= bytes.count {
        let part = bytes.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
        guard (part[0] | part[1] | part[2] | part[3]) & 0x8080_8080_8080_8080 == 0 else { break }
        position += stride
    }
    return position
}

/// The length of a sequence of two to four bytes; `nil` when it is cut, overlong, a surrogate or beyond U+10FFFF.
private func sequenceLength(at position: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
    // The second byte's range rules out what is overlong, a surrogate or too large (Unicode, table 3-7).
    let length: Int
    let second: ClosedRange<UInt8>
    switch bytes[position] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.count - position >= length, second.contains(bytes[position + 1]) else { return nil }
    for byte in bytes[(position + 2)..<(position + length)] where byte & 0xC0 != 0x80 { return nil }
    return length
}
