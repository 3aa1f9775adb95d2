// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// What a model remembers beyond what services say again to whoever connects: a row of numbers and texts, for recordings.
///
/// Each type says once what it has to remember, in `exchange(with:)`, which gives its values when a memento is written and
/// takes them when one is read: so both have the same order. A change of that order is a new ``version``.
package struct Memento: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case null
        case number(Int64)
        case text(String)
    }

    /// The order of the values. Another one cannot be read.
    package static let version: Int64 = 1
    /// The most characters of a text.
    static let maximumTextLength = 4_096

    /// What was written, or what is read.
    package private(set) var values: [Value]
    /// Whether values are taken from it, instead of put into it.
    package let isRead: Bool
    private var position = 0

    /// One to be written.
    package init() { (values, isRead) = ([], false) }

    /// One to be read, from its beginning.
    package init(reading values: [Value]) { (self.values, isRead) = (values, true) }

    /// Demands that all of it was read.
    package func finish() throws(MementoError) {
        if isRead, position != values.count { throw MementoError("has \(values.count - position) values too many") }
    }

    private mutating func next() throws(MementoError) -> Value {
        guard position < values.count else { throw MementoError("ends too soon, after \(values.count) values") }
        defer { position += 1 }
        return values[position]
    }

    private func wrong(_ value: Value, _ expected: String) -> MementoError {
        MementoError("value \(position) is \(value), not \(expected)")
    }
}

/// A memento that is none of this version's, or that somebody has changed.
package struct MementoError: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String

    init(_ words: String) { description = "the memory \(words)" }
}

// MARK: - Values

extension Memento {
    static let anything: ClosedRange<Int64> = .min ... .max
    static let natural: ClosedRange<Int64> = 0...(1 << 53)

    package mutating func exchange(
        _ number: inout Int64, in range: ClosedRange<Int64> = Memento.anything
    ) throws(MementoError) {
        guard isRead else { return values.append(.number(number)) }
        let value = try next()
        guard case .number(let read) = value, range.contains(read) else { throw wrong(value, "a number in \(range)") }
        number = read
    }

    package mutating func exchange(
        _ number: inout Int64?, in range: ClosedRange<Int64> = Memento.anything
    ) throws(MementoError) {
        guard isRead else { return values.append(number.map(Value.number) ?? .null) }
        let value = try next()
        switch value {
        case .null: number = nil
        case .number(let read) where range.contains(read): number = read
        default: throw wrong(value, "a number in \(range), or null")
        }
    }

    package mutating func exchange<Number: FixedWidthInteger>(
        _ number: inout Number, in range: ClosedRange<Number>
    ) throws(MementoError) {
        var wide = Int64(clamping: number)
        try exchange(&wide, in: Int64(clamping: range.lowerBound)...Int64(clamping: range.upperBound))
        number = Number(clamping: wide)
    }

    package mutating func exchange(_ text: inout String) throws(MementoError) {
        guard isRead else { return values.append(.text(text)) }
        let value = try next()
        guard case .text(let read) = value, read.utf8.count <= 4 * Self.maximumTextLength else {
            throw wrong(value, "a text")
        }
        text = read
    }

    package mutating func exchange(_ text: inout String?) throws(MementoError) {
        guard isRead else { return values.append(text.map(Value.text) ?? .null) }
        let value = try next()
        switch value {
        case .null: text = nil
        case .text(let read) where read.utf8.count <= 4 * Self.maximumTextLength: text = read
        default: throw wrong(value, "a text or null")
        }
    }

    package mutating func exchange(_ flag: inout Bool) throws(MementoError) {
        var number: Int64 = flag ? 1 : 0
        try exchange(&number, in: 0...1)
        flag = number == 1
    }

    /// A number with a fraction, to its last bit.
    package mutating func exchange(_ value: inout Double) throws(MementoError) {
        var (upper, lower) = (Int64(value.bitPattern >> 32), Int64(value.bitPattern & 0xFFFF_FFFF))
        try exchange(&upper, in: 0...0xFFFF_FFFF)
        try exchange(&lower, in: 0...0xFFFF_FFFF)
        value = Double(bitPattern: UInt64(upper) << 32 | UInt64(lower))
    }

    /// One of few.
    package mutating func exchange<Choice: CaseIterable & Equatable>(choice: inout Choice) throws(MementoError) {
        let all = Array(Choice.allCases)
        var index = Int64(all.firstIndex(of: choice) ?? 0)
        try exchange(&index, in: 0...Int64(all.count - 1))
        choice = all[Int(index)]
    }

    /// A value that need not be there; `blank` is what one is made of that is read.
    package mutating func exchange<Wrapped>(
        _ value: inout Wrapped?, blank: @autoclosure () -> Wrapped,
        _ body: (inout Wrapped, inout Memento) throws(MementoError) -> Void
    ) throws(MementoError) {
        var isThere = value != nil
        try exchange(&isThere)
        guard isThere else { return value = nil }
        var wrapped = value ?? blank()
        try body(&wrapped, &self)
        value = wrapped
    }

    package mutating func exchange<Element>(
        _ elements: inout [Element], atMost limit: Int, blank: @autoclosure () -> Element,
        _ body: (inout Element, inout Memento) throws(MementoError) -> Void
    ) throws(MementoError) {
        var count = Int64(elements.count)
        try exchange(&count, in: 0...Int64(limit))
        let known = elements
        if isRead { elements = [] }
        for index in 0..<Int(count) {
            var element = isRead ? blank() : known[index]
            try body(&element, &self)
            if isRead { elements.append(element) }
        }
    }
}
