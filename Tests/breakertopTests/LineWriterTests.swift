// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import breakertop

@Suite struct LineWriterTests {
    private func gap(_ count: Int) -> [UInt8] { Array("gap \(count)\n".utf8) }

    @Test("Beyond its room lines are counted, and the count stands where they would have stood")
    func queue() {
        var queue = LineQueue(capacity: 40)
        let line = Array("123456789\n".utf8)
        for _ in 1...7 { queue.append(line, gap: gap) }
        #expect(queue.bytes.count == 40)
        #expect(queue.dropped == 3)
        _ = queue.take()
        queue.append(line, gap: gap)
        queue.append(line, gap: gap)
        #expect(String(decoding: queue.take(), as: UTF8.self) == "gap 3\n123456789\n123456789\n")
        #expect(queue.dropped == 0)
    }

    @Test("A gap at the very end is told too")
    func lastGap() {
        var queue = LineQueue(capacity: 10)
        for _ in 1...3 { queue.append(Array("123456789\n".utf8), gap: gap) }
        queue.close(gap: gap)
        #expect(String(decoding: queue.take(), as: UTF8.self) == "123456789\ngap 2\n")
    }

    @Test("A reader that reads nothing costs its bound, and a line its patience", .timeLimit(.minutes(1)))
    func slowReader() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writer = LineWriter(to: ends[1], capacity: 10_000, patience: .milliseconds(50)) {
            Array("gap \($0)\n".utf8)
        }
        let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
        // A pipe holds 65,536 bytes; the rest would have to wait in the writer.
        for _ in 1...5_000 { await writer.put(line) }
        let reading = Task.detached { [end = ends[0]] in Self.readAll(end) }
        await writer.flush()
        close(ends[1])
        let lines = await reading.value.split(separator: "\n")
        let gaps = lines.compactMap { $0.hasPrefix("gap ") ? Int($0.dropFirst(4)) : nil }
        #expect(!gaps.isEmpty)
        #expect(lines.count - gaps.count + gaps.reduce(0, +) == 5_000, "every line is there or counted")
    }

    @Test("A reader that goes away ends the writer, also when there is nothing to write", .timeLimit(.minutes(1)))
    func broken() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writer = LineWriter(to: ends[1]) { _ in [] }
        close(ends[0])
        for await _ in writer.broken {}
        await writer.put([1, 2, 3])
        await writer.flush()
        close(ends[1])
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        close(descriptor)
        return String(decoding: bytes, as: UTF8.self)
    }
}
