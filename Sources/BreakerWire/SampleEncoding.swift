// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

extension MessageEncoder {
    /// Appends a sample as one or more `sample` lines of at most ``WireLimits/lineBytes``; the last says that it ends the sample.
    ///
    /// The rows' values come in the order of ``Field/allCases``, which is what a ``Hello`` announces. No rows make one empty line.
    ///
    /// - Parameter isEnd: `false` when more lines of this sample follow by another call.
    package func appendSample(
        at instant: TelemetryInstant, seq: Int64, rows: [CircuitRow], isEnd: Bool = true, to bytes: inout [UInt8]
    ) {
        let head = sampleHead(at: instant, seq: seq)
        var start = bytes.count
        bytes.append(contentsOf: head)
        withUnsafeTemporaryAllocation(byteCount: RowEncoding.maximumLength, alignment: 1) { buffer in
            var isFirst = true
            for row in rows {
                let length = RowEncoding.write(row, to: buffer)
                if bytes.count - start + 1 + length + Self.lastTail.count > WireLimits.lineBytes {
                    bytes.append(contentsOf: Self.tail)
                    start = bytes.count
                    bytes.append(contentsOf: head)
                    isFirst = true
                }
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            }
        }
        bytes.append(contentsOf: isEnd ? Self.lastTail : Self.tail)
    }

    private func sampleHead(at instant: TelemetryInstant, seq: Int64) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw(#"{"type":"sample""#)
        writer.valueEnded()
        writer.field("t", instant.t)
        writer.field("up_ms", instant.up)
        writer.field("seq", seq)
        writer.key("rows")
        writer.open("[")
        return writer.bytes
    }

    private static let tail = Array("]}\n".utf8)
    private static let lastTail = Array(#"],"end":true}"#.utf8) + [0x0A]
}

/// How rows are written.
enum RowEncoding {
    /// The most bytes that a row takes.
    static let maximumLength =
        2
        + columns.reduce(0) { sum, column in
            sum + 1 + max(JSONInteger.maximumLength, column.words.map(\.count).max() ?? 0)
        }

    private struct Column {
        var field: Field
        var minimum: Int64
        var words: [[UInt8]]
    }

    private static let columns = Field.allCases.map { field in
        Column(field: field, minimum: field.minimum, words: field.words.map { Array("\"\($0)\"".utf8) })
    }

    /// Writes a row to a buffer of ``maximumLength`` and returns its length.
    static func write(_ row: CircuitRow, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var position = 0
        for column in columns {
            buffer[position] = UInt8(ascii: position == 0 ? "[" : ",")
            position += 1
            let value = row[column.field] ?? .min
            if value < column.minimum {
                position = append("null", to: buffer, at: position)
            } else if column.words.isEmpty {
                position = JSONInteger.write(value, to: buffer, at: position)
            } else if let word = Int(exactly: value), word < column.words.count {
                position = append(column.words[word], to: buffer, at: position)
            } else {
                position = append("null", to: buffer, at: position)
            }
        }
        buffer[position] = UInt8(ascii: "]")
        return position + 1
    }

    private static func append(_ text: StaticString, to buffer: UnsafeMutableRawBufferPointer, at position: Int) -> Int
    {
        let source = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        UnsafeMutableRawBufferPointer(rebasing: buffer[position...]).copyMemory(from: source)
        return position + source.count
    }

    private static func append(_ text: [UInt8], to buffer: UnsafeMutableRawBufferPointer, at position: Int) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: buffer[position...]).copyBytes(from: text)
        return position + text.count
    }
}
