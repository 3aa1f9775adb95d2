// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What came in between two line feeds.
package enum InboundLine: Sendable, Hashable {
    /// A line without its LF.
    case line([UInt8])
    /// A line that passed the limit, with its bytes so far; the rest of it is skipped.
    case tooLong(bytes: Int)
    /// The line that is skipped goes on, by so many bytes since the last report: no line of its own.
    case stillTooLong(bytes: Int)
}

/// Cuts a stream of bytes into lines, however the stream was cut into chunks.
///
/// It never holds more than the limit: an over-long line is reported and skipped up to its LF. One that goes on is
/// reported again after each ``reportEvery`` limits, so that who bounds lines bounds bytes as well. What follows the last
/// LF of a stream that ends is no line.
package struct BoundedLineDecoder: Sendable {
    /// The longest line, in bytes without its LF.
    package static let defaultLimit = 65_536

    /// After how many times the limit an endless line is reported again.
    package static let reportEvery = 16

    private let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false
    /// Bytes skipped since the last report.
    private var skipped = 0

    package init(limit: Int = BoundedLineDecoder.defaultLimit) {
        precondition(limit > 0, "a line limit must be positive, not \(limit)")
        self.limit = limit
    }

    /// Takes a chunk in and gives each line that it completes, in order.
    package mutating func decode(_ chunk: UnsafeRawBufferPointer, emit: (InboundLine) -> Void) {
        var rest = chunk[...]
        while !rest.isEmpty {
            guard let end = Self.firstLineFeed(in: rest) else { return keep(rest, emit) }
            finish(rest[rest.startIndex..<end], emit)
            rest = rest[(end + 1)...]
        }
    }

    private mutating func finish(_ tail: Slice<UnsafeRawBufferPointer>, _ emit: (InboundLine) -> Void) {
        defer {
            partial.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        guard !isSkipping else { return }
        guard partial.count + tail.count <= limit else { return emit(.tooLong(bytes: partial.count + tail.count)) }
        emit(.line(partial.isEmpty ? Array(tail) : partial + tail))
    }

    private mutating func keep(_ tail: Slice<UnsafeRawBufferPointer>, _ emit: (InboundLine) -> Void) {
        if isSkipping { return skip(tail.count, emit) }
        guard partial.count + tail.count <= limit else {
            emit(.tooLong(bytes: partial.count + tail.count))
            partial = []
            isSkipping = true
            skipped = 0
            return
        }
        partial.append(contentsOf: tail)
    }

    private mutating func skip(_ count: Int, _ emit: (InboundLine) -> Void) {
        skipped += count
        guard skipped >= Self.reportEvery * limit else { return }
        emit(.stillTooLong(bytes: skipped))
        skipped = 0
    }

    private static func firstLineFeed(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        let part = UnsafeRawBufferPointer(rebasing: bytes)
        guard let base = part.baseAddress, let found = memchr(base, 0x0A, part.count) else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - base)
    }
}
