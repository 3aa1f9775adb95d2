// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Reads a `sample` in one pass: rows are most of what goes over the socket.
struct SampleDecoder {
    let columns: RowColumns

    /// - Parameter rows: Whose room the sample's rows take.
    func decode(_ line: JSONReader, reusing rows: inout [CircuitRow]) throws(WireError) -> Sample {
        var reader = line
        var t: Int64?
        var up: Int64?
        var seq: Int64?
        var isEnd: Bool?
        var hasRows = false
        var hasType = false
        try reader.open("{")
        while let key = try reader.nextKey() {
            if reader.matches(key, "rows") {
                try once(!hasRows, "rows")
                hasRows = true
                try read(&rows, from: &reader)
            } else if reader.matches(key, "t") {
                try once(t == nil, "t")
                t = try integer(&reader, "t")
            } else if reader.matches(key, "up_ms") {
                try once(up == nil, "up_ms")
                up = try natural(&reader, "up_ms")
            } else if reader.matches(key, "seq") {
                try once(seq == nil, "seq")
                seq = try natural(&reader, "seq")
            } else if reader.matches(key, "end") {
                try once(isEnd == nil, "end")
                isEnd = try reader.skipNull() ? false : try reader.bool()
            } else {
                if reader.matches(key, "type") {
                    try once(!hasType, "type")
                    hasType = true
                }
                try reader.skipValue()
            }
        }
        try reader.finish()
        var sample = Sample(
            at: TelemetryInstant(t: try required("t", t), up: try required("up_ms", up)),
            seq: try required("seq", seq),
            rows: [],
            isEnd: isEnd ?? false
        )
        guard hasRows else { throw missing("rows") }
        swap(&sample.rows, &rows)
        return sample
    }

    private func read(_ rows: inout [CircuitRow], from reader: inout JSONReader) throws(WireError) {
        rows.removeAll(keepingCapacity: true)
        var isSpaced = false
        guard reader.peek() == UInt8(ascii: "[") else { throw reader.unexpected("an array of rows", .badValue) }
        try reader.open("[")
        while try reader.nextElement() {
            guard reader.peek() == UInt8(ascii: "[") else { throw reader.unexpected("a row", .badValue) }
            rows.append(CircuitRow(id: 0))
            let last = rows.count - 1
            if columns.readPlainRow(
                reader.bytes, at: &reader.offset, isSpaced: &isSpaced, into: &rows[last].values)
            {
                continue
            }
            rows[last] = try row(&reader)
        }
    }

    private func row(_ reader: inout JSONReader) throws(WireError) -> CircuitRow {
        let start = reader.offset
        var row = CircuitRow(id: 0)
        var index = 0
        try reader.open("[")
        while try reader.nextElement() {
            guard index < columns.columns.count else { throw wrongLength(reader, start) }
            let column = columns.columns[index]
            if let field = column.field {
                row[field] = try value(&reader, field, column)
            } else {
                try reader.skipValue()
            }
            index += 1
        }
        guard index == columns.columns.count else { throw wrongLength(reader, start) }
        guard row.id >= 1 else { throw reader.failure(.badValue, "a row's id must be at least 1", at: start) }
        return row
    }

    @inline(__always)
    private func value(
        _ reader: inout JSONReader, _ field: Field, _ column: RowColumns.Column
    ) throws(WireError) -> Int64? {
        switch reader.peek() {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard !column.isWord else { throw wrongType(reader, field) }
            let number: Int64
            do { number = try reader.integer() } catch { throw named(field, error) }
            return number < column.minimum ? nil : number
        case UInt8(ascii: "n"):
            _ = try reader.skipNull()
            return nil
        case UInt8(ascii: "\""):
            guard column.isWord else { throw wrongType(reader, field) }
            let word = reader.string(try reader.text())
            // A word that a later version invents is unknown here, which is never the same as closed.
            return field.words.firstIndex(of: word).map(Int64.init)
        default: throw wrongType(reader, field)
        }
    }

    private func integer(_ reader: inout JSONReader, _ name: StaticString) throws(WireError) -> Int64 {
        _ = reader.peek()
        do { return try reader.integer() } catch { throw WireError(error.code, "sample.\(name): \(error.message)") }
    }

    private func natural(_ reader: inout JSONReader, _ name: StaticString) throws(WireError) -> Int64 {
        let value = try integer(&reader, name)
        guard value >= 0 else { throw WireError(.badValue, "sample.\(name) is \(value); it must be ≥ 0") }
        return value
    }

    private func required<Value>(_ name: StaticString, _ value: Value?) throws(WireError) -> Value {
        guard let value else { throw missing(name) }
        return value
    }

    private func missing(_ name: StaticString) -> WireError { WireError(.missingField, "sample.\(name) is missing") }

    private func once(_ isFirst: Bool, _ name: StaticString) throws(WireError) {
        guard isFirst else { throw WireError(.malformed, "sample.\(name) is there twice") }
    }

    private func wrongLength(_ reader: JSONReader, _ start: Int) -> WireError {
        reader.failure(
            .badValue, "a row must have as many values as the hello has columns, \(columns.columns.count)", at: start)
    }

    private func wrongType(_ reader: JSONReader, _ field: Field) -> WireError {
        let expected = field.words.isEmpty ? "an integer or null" : "a word or null"
        return named(field, reader.unexpected(expected, .badValue))
    }

    private func named(_ field: Field, _ error: WireError) -> WireError {
        WireError(error.code, "sample.rows.\(field.name): \(error.message)")
    }
}
