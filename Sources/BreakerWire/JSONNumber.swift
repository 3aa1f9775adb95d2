// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Reads a number whose value is an integer within ±(2^53 − 1), however it is written.
    @inline(__always)
    package mutating func integer() throws(WireError) -> Int64 {
        let start = offset
        var position = start
        let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let digits = position
        // Sixteen digits cannot overflow; more of them, or a fraction, take the exact path.
        let end = min(bytes.count, digits + 16)
        var value: Int64 = 0
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ Int64(digit)
            position += 1
        }
        let next = position < bytes.count ? bytes[position] : 0
        let isPlain = next == UInt8(ascii: ",") || next == UInt8(ascii: "]") || next == UInt8(ascii: "}")
        guard isPlain, position > digits, value <= WireLimits.maximumInteger,
            bytes[digits] != UInt8(ascii: "0") || position == digits + 1
        else { return try exactInteger() }
        offset = position
        return isNegative ? -value : value
    }

    /// Passes a number of any size.
    mutating func skipNumber() throws(WireError) {
        if byte(at: offset) == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        try skipDigits()
        if bytes[first] == UInt8(ascii: "0"), offset > first + 1 {
            throw failure(.malformed, "a number with a leading zero", at: first)
        }
        if byte(at: offset) == UInt8(ascii: ".") {
            offset += 1
            try skipDigits()
        }
        if byte(at: offset) | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte(at: offset) == UInt8(ascii: "+") || byte(at: offset) == UInt8(ascii: "-") { offset += 1 }
            try skipDigits()
        }
    }

    private mutating func exactInteger() throws(WireError) -> Int64 {
        let first = peek()
        let start = offset
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
        default: throw unexpected("an integer", .badValue)
        }
        try skipNumber()
        guard let value = integralValue(of: bytes[start..<offset]) else {
            throw failure(
                .badValue, "\(excerpt(at: start)) is not an integer between −(2^53 − 1) and 2^53 − 1", at: start)
        }
        return value
    }

    /// The value of a well-formed number in decimal arithmetic, so that nothing is rounded; `nil` when it is no integer in range.
    private func integralValue(of number: Slice<UnsafeRawBufferPointer>) -> Int64? {
        var value: Int64 = 0
        var isNegative = false
        var zeros = 0  // that follow the digits in `value`
        var fractionDigits: Int?
        var exponent = 0
        var position = number.startIndex
        scan: while position < number.endIndex {
            switch number[position] {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): fractionDigits = 0
            case UInt8(ascii: "0"):
                fractionDigits = fractionDigits.map { $0 + 1 }
                if value != 0 { zeros += 1 }
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                fractionDigits = fractionDigits.map { $0 + 1 }
                guard let shifted = shift(value, by: zeros + 1) else { return nil }
                value = shifted + Int64(number[position] - UInt8(ascii: "0"))
                zeros = 0
            default:
                exponent = self.exponent(of: number[(position + 1)...])
                break scan
            }
            position += 1
        }
        guard value != 0 else { return 0 }
        guard let result = shift(value, by: exponent - (fractionDigits ?? 0) + zeros),
            result <= WireLimits.maximumInteger
        else { return nil }
        return isNegative ? -result : result
    }

    private func shift(_ value: Int64, by places: Int) -> Int64? {
        guard value != 0 else { return 0 }
        guard (0...17).contains(places) else { return nil }
        var result = value
        for _ in 0..<places {
            // A little above 2^53, so that adding a digit cannot overflow either.
            guard result <= WireLimits.maximumInteger else { return nil }
            result *= 10
        }
        return result
    }

    private func exponent(of digits: Slice<UnsafeRawBufferPointer>) -> Int {
        var value = 0
        for byte in digits where byte != UInt8(ascii: "+") && byte != UInt8(ascii: "-") {
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000)
        }
        return digits.first == UInt8(ascii: "-") ? -value : value
    }

    private mutating func skipDigits() throws(WireError) {
        let start = offset
        while byte(at: offset) &- UInt8(ascii: "0") < 10 { offset += 1 }
        if offset == start { throw unexpected("a digit") }
    }

    private func byte(at position: Int) -> UInt8 { position < bytes.count ? bytes[position] : 0 }
}
