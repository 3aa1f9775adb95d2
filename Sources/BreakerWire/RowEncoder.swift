// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Writes rows, with the values of all fields in the order of ``Field/allCases``.
struct RowEncoder: Sendable {
    static let shared = RowEncoder()

    /// The most bytes that a row takes.
    static let maximumLength = 1 + Field.count * (1 + max(JSONInteger.maximumLength, ShortText.maximumLength))

    private let plan = RowColumns(names: Field.allCases.map(\.name))
    private let null = ShortText("null")

    /// Writes a row to a buffer of ``maximumLength`` and returns its length.
    func write(_ row: borrowing CircuitRow, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let columns = plan.columns.span
        // A subscript of the values themselves would copy all of them first.
        let values = row.values.span
        buffer[0] = UInt8(ascii: "[")
        var position = 1
        for index in columns.indices {
            let value = values[index]
            let column = columns[index]
            if value >= column.minimum && !column.isWord {
                position = JSONInteger.write(value, to: buffer, at: position)
            } else if value >= 0 && value < column.words.count {
                position = plan.words[column.words.lowerBound + Int(value)].write(to: buffer, at: position)
            } else {
                position = null.write(to: buffer, at: position)
            }
            buffer[position] = column.terminator
            position &+= 1
        }
        return position
    }
}
