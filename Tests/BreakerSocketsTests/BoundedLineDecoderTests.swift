// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Testing

@Suite("Bounded lines")
struct BoundedLineDecoderTests {
    private func decode(_ chunks: [[UInt8]], limit: Int) -> [InboundLine] {
        var decoder = BoundedLineDecoder(limit: limit)
        var lines: [InboundLine] = []
        for chunk in chunks {
            chunk.withUnsafeBytes { bytes in decoder.decode(bytes) { lines.append($0) } }
        }
        return lines
    }

    @Test(
        "A stream becomes the same lines wherever it is cut",
        arguments: [
            ("", []),
            ("\n", [.line([])]),
            ("ab\ncd\n", [.line(Array("ab".utf8)), .line(Array("cd".utf8))]),
            ("ab\nunfin", [.line(Array("ab".utf8))]),
            ("12345678\nok\n", [.line(Array("12345678".utf8)), .line(Array("ok".utf8))]),
            ("é\r\n", [.line([0xC3, 0xA9, 0x0D])]),
        ] as [(String, [InboundLine])]
    )
    func cutAnywhere(text: String, expected: [InboundLine]) {
        let bytes = Array(text.utf8)
        #expect(decode([bytes], limit: 8) == expected)
        #expect(decode(bytes.map { [$0] }, limit: 8) == expected)
        for cut in 0...bytes.count {
            #expect(decode([Array(bytes[..<cut]), Array(bytes[cut...])], limit: 8) == expected)
        }
    }

    @Test("An over-long line is reported once, skipped up to its LF, and the next one is read")
    func overLong() {
        let bytes = Array("123456789abcdef\nnext\n".utf8)
        for cut in 0...bytes.count {
            let lines = decode([Array(bytes[..<cut]), Array(bytes[cut...])], limit: 8)
            #expect(lines.count == 2)
            guard case .tooLong(let length)? = lines.first else {
                Issue.record("not reported: \(lines)")
                continue
            }
            #expect((9...15).contains(length))
            #expect(lines.last == .line(Array("next".utf8)))
        }
    }

    @Test("An endless line is reported before its end, and again after each 16 limits")
    func endless() {
        let reports = decode(Array(repeating: Array(repeating: 0x61, count: 5), count: 1_000), limit: 8)
        #expect(reports == [.tooLong(bytes: 10)] + Array(repeating: .stillTooLong(bytes: 130), count: 4_990 / 130))
    }
}
