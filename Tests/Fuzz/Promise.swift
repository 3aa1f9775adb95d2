// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire

/// Ends the process, which the fuzzer takes for a find, unless a promise was kept.
func promise(_ isKept: Bool, _ what: @autoclosure () -> String) {
    if !isKept { fatalError("broken promise: \(what())") }
}

/// The lines of a stream; they must be the same ones in whatever pieces it comes.
func lines(of stream: UnsafeRawBufferPointer) -> [[UInt8]] {
    let whole = inboundLines([stream])
    var pieces: [UnsafeRawBufferPointer] = []
    var rest = stream
    // Pieces of sizes that depend on the stream only, so that what was found is found again.
    var chance = stream.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    while !rest.isEmpty {
        chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let size = min(rest.count, Int(chance >> 58))
        pieces.append(UnsafeRawBufferPointer(rebasing: rest.prefix(size)))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(size))
    }
    promise(inboundLines(pieces) == whole, "a stream in pieces has the same lines")
    return whole.compactMap { if case .line(let bytes) = $0 { bytes } else { nil } }
}

private func inboundLines(_ pieces: [UnsafeRawBufferPointer]) -> [InboundLine] {
    // A limit that inputs reach.
    var decoder = BoundedLineDecoder(limit: 2_000)
    var lines: [InboundLine] = []
    for piece in pieces { decoder.decode(piece) { lines.append($0) } }
    return lines
}

extension [UInt8] {
    /// Lends an allocation that ends with the last byte, so that reading past it is found.
    func withExactCopy<Result>(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: self)
        return try body(UnsafeRawBufferPointer(copy))
    }

    /// Whether a text in it may be cut when it is written: only control characters take more room than a text's limit allows for.
    var hasLongEscapes: Bool { zip(self, dropFirst()).contains { $0 == (UInt8(ascii: "\\"), UInt8(ascii: "u")) } }
}

/// Decodes a line; errors must be told in words that harm no terminal.
func decoding<Message>(_ line: [UInt8], _ decode: (UnsafeRawBufferPointer) throws(WireError) -> Message) -> Message? {
    do throws(WireError) {
        return try line.withExactCopy(decode)
    } catch {
        promise(!error.message.isEmpty, "an error says something")
        let isHarmless = error.message.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value)
        }
        promise(isHarmless, "an error holds nothing that steers a terminal: \(error)")
        return nil
    }
}
