// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Terminal

@Suite struct OutputBufferTests {
    /// A pipe that never blocks; `body` gets its reading and its writing end.
    private func withPipe(_ body: (Int32, Int32) throws -> Void) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        defer { for end in ends { close(end) } }
        try body(ends[0], ends[1])
    }

    private func drain(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &part, part.count)
            guard count > 0 else { return all }
            all += part[..<count]
        }
    }

    @Test("A frame of many pieces leaves in one write")
    func oneWrite() throws {
        try withPipe { reader, writer in
            var output = OutputBuffer()
            let piece: [UInt8] = Array(repeating: 65, count: 100)
            output.append("begin")
            for _ in 0..<100 { output.append(piece, count: piece.count) }
            output.append("end")
            #expect(output.flush(to: writer) == .done)
            #expect(output.totalWrites == 1)
            #expect(output.totalBytes == 10_008)
            #expect(drain(reader).count == 10_008)
        }
    }

    @Test("What a slow terminal does not take is kept, and goes on where it stopped")
    func slow() throws {
        try withPipe { reader, writer in
            var output = OutputBuffer()
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            output.append(bytes, count: bytes.count)
            var received: [UInt8] = []
            while output.flush(to: writer) == .blocked { received += drain(reader) }
            received += drain(reader)
            #expect(received == bytes)
            #expect(output.isEmpty)
        }
    }

    @Test("A terminal that is gone is told, and nothing is kept for it")
    func gone() {
        var output = OutputBuffer()
        output.append("anything")
        #expect(output.flush(to: -1) == .lost)
        #expect(output.isEmpty)
    }
}
