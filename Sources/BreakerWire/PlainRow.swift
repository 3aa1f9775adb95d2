// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension RowColumns {
    /// Reads a row as encoders write it: numbers of few digits, words and null, without or with a space after each comma, and no other white
    /// space. Anything else, right or wrong, gives `false` and is left to the general reader, which knows all of JSON and says what is wrong.
    ///
    /// Values are taken ``reach`` bytes at a time, so the last row of a line is left to the general reader too.
    ///
    /// - Parameters:
    ///   - position: The row's opening bracket; behind the closing one on return.
    ///   - isSpaced: Whether spaces were found in the row before, and then in this one.
    ///   - values: In which everything is unknown; of no use when this gives `false`.
    func readPlainRow(
        _ bytes: UnsafeRawBufferPointer, at position: inout Int, isSpaced: inout Bool,
        into values: inout CircuitRow.Values
    ) -> Bool {
        if read(bytes, at: &position, isSpaced: isSpaced, into: &values) { return true }
        guard read(bytes, at: &position, isSpaced: !isSpaced, into: &values) else { return false }
        isSpaced.toggle()
        return true
    }

    private func read(
        _ bytes: UnsafeRawBufferPointer, at position: inout Int, isSpaced: Bool, into values: inout CircuitRow.Values
    ) -> Bool {
        var cursor = position + 1
        let columns = columns.span
        for index in columns.indices {
            let column = columns[index]
            guard bytes.count - cursor > Self.reach else { return false }
            if isSpaced, index > 0 {
                guard bytes[cursor] == UInt8(ascii: " ") else { return false }
                cursor &+= 1
            }
            var first = bytes.littleEndian(at: cursor)
            let value: Int64
            if UInt8(truncatingIfNeeded: first &>> 8) == column.terminator {
                // Most values are one digit.
                let digit = UInt8(truncatingIfNeeded: first) &- UInt8(ascii: "0")
                guard digit < 10, !column.isWord else { return false }
                value = Int64(digit)
                cursor &+= 1
            } else if UInt32(truncatingIfNeeded: first) == Self.null {
                value = CircuitRow.unknown
                cursor &+= 4
            } else if column.isWord {
                guard let index = word(first, bytes.littleEndian(at: cursor &+ 8), of: column) else { return false }
                value = Int64(index - column.words.lowerBound)
                cursor &+= words[index].length
            } else {
                let isNegative = UInt8(truncatingIfNeeded: first) == UInt8(ascii: "-")
                if isNegative {
                    cursor &+= 1
                    first = bytes.littleEndian(at: cursor)
                }
                guard let number = DecimalDigits.read(first, bytes, at: &cursor) else { return false }
                value = isNegative && -number < column.minimum ? CircuitRow.unknown : isNegative ? -number : number
            }
            guard bytes[cursor] == column.terminator else { return false }
            cursor &+= 1
            if let field = column.field { values[field.rawValue] = value }
        }
        guard values[Field.id.rawValue] >= 1 else { return false }
        position = cursor
        return true
    }

    /// How many bytes are looked at from the beginning of a value on: a sign, fifteen digits and what ends them, or a word or null.
    private static let reach = 17

    /// The bytes of `null`.
    private static let null: UInt32 = 0x6C6C_756E

    @inline(__always)
    private func word(_ first: UInt64, _ second: UInt64, of column: Column) -> Int? {
        for index in column.words where words[index].begins(first, second) { return index }
        return nil
    }
}
