// SPDX-License-Identifier: Apache-2.0

/// Reads and writes decimal digits eight at a time, in the bytes of an integer: rows are made of little else.
///
/// The first digit lies in the lowest byte. Neighbours are joined, or parted, in all places at once: ones to pairs, pairs to fours.
enum DecimalDigits {
    /// How many of eight bytes are digits before the first other byte.
    @inline(__always)
    static func count(in bytes: UInt64) -> Int {
        let digits = bytes ^ zeros
        // A byte above 9 sets its highest bit; what it carries over reaches only bytes behind it.
        let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
        return others.trailingZeroBitCount &>> 3
    }

    /// The value of one to eight digits.
    @inline(__always)
    static func value(of bytes: UInt64, count: Int) -> Int64 {
        // Leading zeros take the place of the bytes behind the digits.
        var digits = (bytes ^ zeros) &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        digits = (digits &* (10 << 8 + 1)) &>> 8 & 0x00FF_00FF_00FF_00FF
        digits = (digits &* (100 << 16 + 1)) &>> 16 & 0x0000_FFFF_0000_FFFF
        digits = (digits &* (10_000 << 32 + 1)) &>> 32
        return Int64(truncatingIfNeeded: digits)
    }

    /// Reads the digits under the cursor, of which the first eight bytes are given, and moves it behind them. Sixteen bytes must be left.
    ///
    /// - Returns: `nil` when there is none, when there are more than fifteen, and with a leading zero. Fifteen fit into 2^53 whatever they are.
    @inline(__always)
    static func read(_ first: UInt64, _ bytes: UnsafeRawBufferPointer, at cursor: inout Int) -> Int64? {
        let count = count(in: first)
        guard count > 0, UInt8(truncatingIfNeeded: first) != UInt8(ascii: "0") || count == 1 else { return nil }
        let value = value(of: first, count: count)
        guard count == 8 else {
            cursor &+= count
            return value
        }
        let second = bytes.littleEndian(at: cursor &+ 8)
        let rest = Self.count(in: second)
        guard rest < 8 else { return nil }
        cursor &+= 8 &+ rest
        return rest == 0 ? value : value &* powers[rest] &+ Self.value(of: second, count: rest)
    }

    /// Writes a number below 10^16 without leading zeros and returns the position behind it. Up to sixteen bytes are overwritten.
    @inline(__always)
    static func write(_ value: UInt64, to buffer: UnsafeMutableRawBufferPointer, at position: Int) -> Int {
        guard value >= 100_000_000 else { return writeUpToEight(value, to: buffer, at: position) }
        let (upper, lower) = value.quotientAndRemainder(dividingBy: 100_000_000)
        let middle = writeUpToEight(upper, to: buffer, at: position)
        buffer.store(digits(of: lower) ^ zeros, at: middle)
        return middle &+ 8
    }

    @inline(__always)
    private static func writeUpToEight(
        _ value: UInt64, to buffer: UnsafeMutableRawBufferPointer, at position: Int
    ) -> Int {
        guard value >= 10 else {
            buffer[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)
            return position &+ 1
        }
        let digits = digits(of: value)
        let leading = digits.trailingZeroBitCount &>> 3
        buffer.store((digits ^ zeros) &>> UInt64(truncatingIfNeeded: 8 &* leading), at: position)
        return position &+ 8 &- leading
    }

    /// The eight digits of a number below 10^8.
    @inline(__always)
    private static func digits(of value: UInt64) -> UInt64 {
        // The factors divide by 100 and by 10 as far as two and one digits go.
        let (upper, lower) = value.quotientAndRemainder(dividingBy: 10_000)
        let fours = upper | lower &<< 32
        let hundreds = (fours &* 10_486) &>> 20 & 0x0000_007F_0000_007F
        let pairs = hundreds | (fours &- 100 &* hundreds) &<< 16
        let tens = (pairs &* 103) &>> 10 & 0x000F_000F_000F_000F
        return tens | (pairs &- 10 &* tens) &<< 8
    }

    private static let zeros: UInt64 = 0x3030_3030_3030_3030
    private static let powers: InlineArray<8, Int64> = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]
}

/// A text of at most sixteen bytes in two integers, so that looking for it and writing it is done with two instructions each.
struct ShortText: Sendable {
    /// How many bytes it has.
    let length: Int
    private let low: (bits: UInt64, mask: UInt64)
    private let high: (bits: UInt64, mask: UInt64)

    static let maximumLength = 16

    /// A longer text is a mistake of this program.
    init(_ text: String) {
        length = text.utf8.count
        precondition(length <= Self.maximumLength, "`\(text)` is too long")
        low = Self.packed(text.utf8.prefix(8))
        high = Self.packed(text.utf8.dropFirst(8))
    }

    /// Whether sixteen bytes, the first eight and the second, begin with this text.
    @inline(__always)
    func begins(_ first: UInt64, _ second: UInt64) -> Bool {
        (first ^ low.bits) & low.mask | (second ^ high.bits) & high.mask == 0
    }

    /// Writes it and returns the position behind it. Sixteen bytes are overwritten.
    @inline(__always)
    func write(to buffer: UnsafeMutableRawBufferPointer, at position: Int) -> Int {
        buffer.store(low.bits, at: position)
        buffer.store(high.bits, at: position &+ 8)
        return position &+ length
    }

    private static func packed(_ bytes: Substring.UTF8View) -> (bits: UInt64, mask: UInt64) {
        bytes.reversed().reduce((0, 0)) { ($0.0 << 8 | UInt64($1), $0.1 << 8 | 0xFF) }
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes as an integer, the first one the lowest. They must be there.
    @inline(__always)
    func littleEndian(at position: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores eight bytes, the lowest first. There must be room for them.
    @inline(__always)
    fileprivate func store(_ bytes: UInt64, at position: Int) {
        storeBytes(of: bytes.littleEndian, toByteOffset: position, as: UInt64.self)
    }
}
