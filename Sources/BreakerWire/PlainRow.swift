// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension RowColumns {
    /// Reads a row as encoders write it, without white space, escapes, fractions or values to skip; anything else, right or wrong, gives
    /// `nil` and is left to the general reader, which knows all of JSON and says what is wrong.
    ///
    /// - Parameter position: The row's opening bracket; behind the closing one on return.
    func plainRow(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> CircuitRow? {
        var row = CircuitRow(id: 0)
        var cursor = position
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "[") else { return nil }
        for index in columns.indices {
            // Over the bracket or the comma.
            cursor += 1
            guard cursor < bytes.count, let field = columns[index].field else { return nil }
            switch bytes[cursor] {
            case UInt8(ascii: "n"):
                guard bytes.count - cursor > 4, isNull(bytes, at: cursor) else { return nil }
                cursor += 4
                row[field] = nil
            case UInt8(ascii: "\""):
                guard columns[index].isWord, let word = plainWord(bytes, at: &cursor, of: index) else { return nil }
                row[field] = Int64(word)
            default:
                guard !columns[index].isWord, let number = plainInteger(bytes, at: &cursor) else { return nil }
                row[field] = number < columns[index].minimum ? nil : number
            }
            guard cursor < bytes.count else { return nil }
            let isLast = index == columns.count - 1
            guard bytes[cursor] == UInt8(ascii: isLast ? "]" : ",") else { return nil }
        }
        guard row.id >= 1 else { return nil }
        position = cursor + 1
        return row
    }

    @inline(__always)
    private func isNull(_ bytes: UnsafeRawBufferPointer, at cursor: Int) -> Bool {
        bytes.loadUnaligned(fromByteOffset: cursor, as: UInt32.self) == UInt32(littleEndian: 0x6C6C_756E)
    }

    /// At most fifteen digits: they fit into 2^53 whatever they are.
    @inline(__always)
    private func plainInteger(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int64? {
        var cursor = position
        let isNegative = bytes[cursor] == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        let first = cursor
        let end = min(bytes.count, first + 15)
        var value: Int64 = 0
        while cursor < end {
            let digit = bytes[cursor] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ Int64(digit)
            cursor &+= 1
        }
        guard cursor > first, bytes[first] != UInt8(ascii: "0") || cursor == first + 1 else { return nil }
        position = cursor
        return isNegative ? -value : value
    }

    @inline(__always)
    private func plainWord(_ bytes: UnsafeRawBufferPointer, at position: inout Int, of column: Int) -> Int? {
        let start = position + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end &+= 1 }
        guard end < bytes.count else { return nil }
        let word = PackedWord(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        guard let index = words[column].firstIndex(of: word) else { return nil }
        position = end + 1
        return index
    }
}
