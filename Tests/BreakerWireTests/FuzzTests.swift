// SPDX-License-Identifier: Apache-2.0

import BreakerWire
import Testing

/// A trap would end the test process; an endless loop runs into the time limit.
@Suite("Broken lines", .timeLimit(.minutes(5)))
struct FuzzTests {
    @Test("A line cut anywhere is an error", arguments: Golden.names)
    func cut(name: String) throws {
        let line = try Golden.bytes(name).dropLast()
        let message = try Golden.message(name)
        for length in 0..<line.count {
            #expect(throws: WireError.self) { try message.decodedLikeThis(line.prefix(length)) }
        }
    }

    @Test("A line with any one bit flipped is a message or an error", arguments: Golden.names)
    func flippedBit(name: String) throws {
        let line = Array(try Golden.bytes(name).dropLast())
        let message = try Golden.message(name)
        var refused = 0
        for position in line.indices {
            for bit in 0..<8 {
                var broken = line
                broken[position] ^= 1 << bit
                do throws(WireError) {
                    _ = try message.decodedLikeThis(broken)
                } catch {
                    refused += 1
                    #expect(!error.message.isEmpty)
                }
            }
        }
        #expect(refused > line.count)
    }

    @Test("A line with bytes changed, dropped, doubled and swapped is a message or an error", arguments: UInt64(1)...16)
    func mutated(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let alphabet = Array(#"{}[]",:\u0019eE+-.ntf "#.utf8) + [0x00, 0x0A, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]
        for _ in 0..<400 {
            let name = generator.pick(Golden.names)
            var line = Array(try Golden.bytes(name).dropLast())
            for _ in 0..<Int.random(in: 1...6, using: &generator) where !line.isEmpty {
                let position = Int.random(in: line.indices, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: line[position] = generator.pick(alphabet)
                case 1: line.remove(at: position)
                case 2: line.insert(contentsOf: line[position..<min(line.count, position + 20)], at: position)
                default: line.swapAt(position, Int.random(in: line.indices, using: &generator))
                }
            }
            let message = try Golden.message(name)
            do throws(WireError) {
                let read = try message.decodedLikeThis(line)
                // What was read can be written and read again: nothing out of bounds came in.
                let again = read.encoded()
                if !again.isEmpty { #expect(try read.decodedLikeThis(again.dropLast()) == read) }
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("Bytes at random are an error", arguments: UInt64(1)...8)
    func noise(seed: UInt64) {
        var generator = Generator(seed: seed)
        for _ in 0..<500 {
            let line = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
            #expect(throws: WireError.self) { try decodeService(line) }
            #expect(throws: WireError.self) { try decodeMonitor(line) }
        }
    }
}
