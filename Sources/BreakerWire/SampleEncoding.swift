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
        let head = SampleHead(at: instant, seq: seq)
        var start = bytes.count
        head.append(to: &bytes)
        withUnsafeTemporaryAllocation(byteCount: RowEncoder.maximumLength, alignment: 1) { buffer in
            let encoder = RowEncoder.shared
            let rows = rows.span
            var isFirst = true
            for index in rows.indices {
                let length = encoder.write(rows[index], to: buffer)
                if bytes.count - start + 1 + length + Self.lastTail.count > WireLimits.lineBytes {
                    bytes += Self.tail
                    start = bytes.count
                    head.append(to: &bytes)
                    isFirst = true
                }
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            }
        }
        bytes += isEnd ? Self.lastTail : Self.tail
    }

    private static let tail = Array("]}\n".utf8)
    private static let lastTail = Array("],\"end\":true}\n".utf8)
}

/// What each line of a sample begins with.
private struct SampleHead {
    let at: TelemetryInstant
    let seq: Int64

    func append(to bytes: inout [UInt8]) {
        var writer = JSONWriter()
        // The array changes hands instead of being copied.
        swap(&writer.bytes, &bytes)
        writer.raw(#"{"type":"sample""#)
        writer.valueEnded()
        writer.field("t", at.t)
        writer.field("up_ms", at.up)
        writer.field("seq", seq)
        writer.key("rows")
        writer.open("[")
        swap(&writer.bytes, &bytes)
    }
}
