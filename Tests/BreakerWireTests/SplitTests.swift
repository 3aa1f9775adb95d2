// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerWire
import Testing

/// A stream comes in pieces that nobody chose.
@Suite("Streams in pieces", .timeLimit(.minutes(5)))
struct SplitTests {
    @Test("Two messages in a row come out whole, wherever the stream is cut", arguments: Golden.names)
    func splitAnywhere(name: String) throws {
        let message = try Golden.message(name)
        let stream = try Golden.bytes(name) + (try Golden.bytes(name))
        for place in 0...stream.count {
            let messages = try decode([stream[..<place], stream[place...]], like: message)
            #expect(messages == [message, message], "cut at byte \(place)")
        }
    }

    @Test("They do too byte by byte, and in pieces of any size", arguments: Golden.names)
    func manyPieces(name: String) throws {
        let message = try Golden.message(name)
        let stream = try Golden.bytes(name) + (try Golden.bytes(name))
        for size in [1, 2, 3, 7, 64] {
            let pieces = stride(from: 0, to: stream.count, by: size).map { stream[$0..<min(stream.count, $0 + size)] }
            #expect(try decode(pieces, like: message) == [message, message], "pieces of \(size)")
        }
    }

    @Test("What follows the last LF is no message, wherever it ends", arguments: Golden.names)
    func cutOff(name: String) throws {
        let message = try Golden.message(name)
        let line = try Golden.bytes(name)
        for length in 0..<line.count {
            #expect(try decode([line[...], line[..<length]], like: message) == [message], "cut after \(length) bytes")
        }
    }

    private func decode(_ pieces: [ArraySlice<UInt8>], like message: AnyMessage) throws -> [AnyMessage] {
        var lines = BoundedLineDecoder()
        var messages: [AnyMessage] = []
        for piece in pieces {
            var found: [InboundLine] = []
            piece.withUnsafeBytes { lines.decode($0) { found.append($0) } }
            for case .line(let line) in found { messages.append(try message.decodedLikeThis(line)) }
        }
        return messages
    }
}
