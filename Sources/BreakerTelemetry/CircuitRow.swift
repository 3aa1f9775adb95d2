// SPDX-License-Identifier: Apache-2.0

/// A circuit's figures at one moment: one value, or unknown, for each ``Field``.
public struct CircuitRow: Sendable {
    /// One value for each field in their order; ``unknown`` where nothing is known. A field that is added makes it one longer.
    package typealias Values = InlineArray<38, Int64>

    // In place: a list of rows is one allocation, and a row is compared and copied as memory.
    // They are read through their span: their own subscript may copy all of them first.
    package var values: Values

    package static var unknown: Int64 { .min }

    /// Creates a row in which everything but the number is unknown.
    public init(id: Int64) {
        values = Values(repeating: Self.unknown)
        values[Field.id.rawValue] = id
    }

    /// A field's value; `nil` = unknown, which is never the same as 0.
    ///
    /// For fields whose kind is ``FieldSpec/Kind/word(_:)`` it is the word's position.
    public subscript(field: Field) -> Int64? {
        get {
            let value = values.span[field.rawValue]
            return value == Self.unknown ? nil : value
        }
        set { values[field.rawValue] = newValue ?? Self.unknown }
    }

    /// The circuit's number.
    public var id: Int64 { values.span[Field.id.rawValue] }

    /// The calculated state; `nil` = unknown.
    public var state: CircuitState? {
        get { Self.word(self[.state], of: Self.states) }
        set { self[.state] = Self.position(newValue, in: Self.states) }
    }

    /// The override's mode; `nil` = unknown.
    public var overrideMode: OverrideMode? {
        get { Self.word(self[.override], of: Self.overrides) }
        set { self[.override] = Self.position(newValue, in: Self.overrides) }
    }

    /// Failures over calls in the rule's window, 0…1; `nil` while the window is empty or unknown.
    public var failureRatio: Double? {
        guard let calls = self[.windowCalls], let failed = self[.windowFailed], calls > 0 else { return nil }
        return Double(failed) / Double(calls)
    }

    // `allCases` builds an array each time it is asked for.
    private static let states = CircuitState.allCases
    private static let overrides = OverrideMode.allCases

    private static func word<Word>(_ position: Int64?, of words: [Word]) -> Word? {
        guard let position, let index = Int(exactly: position), words.indices.contains(index) else { return nil }
        return words[index]
    }

    private static func position<Word: Equatable>(_ word: Word?, in words: [Word]) -> Int64? {
        word.flatMap { words.firstIndex(of: $0) }.map(Int64.init)
    }
}

extension CircuitRow: Hashable {
    /// Whether two rows know the same.
    public static func == (left: Self, right: Self) -> Bool {
        // Without a way out, so that it is done several values at a time.
        var difference: Int64 = 0
        let (left, right) = (left.values.span, right.values.span)
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    /// Feeds all values into a hasher.
    public func hash(into hasher: inout Hasher) {
        values.span.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
