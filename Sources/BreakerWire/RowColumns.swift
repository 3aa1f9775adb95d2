// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How the values of a row are read, in the order in which a `hello` names them.
struct RowColumns: Sendable {
    /// One column: nothing in it is counted by reference, as it is looked at for each value.
    struct Column: Sendable {
        /// The field; `nil` = unknown to this version, its values are skipped.
        var field: Field?
        /// What lies below is read as unknown: a negative count is a mistake, and must reach neither sums nor the screen.
        var minimum: Int64
        /// Whether the values are words, which lie in ``RowColumns/words``.
        var isWord: Bool
    }

    let columns: [Column]
    /// The words of each column, empty where there are none.
    let words: [[PackedWord]]

    init(names: [String]) {
        let fields = names.map { Field(name: $0) }
        columns = fields.map { Column(field: $0, minimum: $0?.minimum ?? 0, isWord: $0?.words.isEmpty == false) }
        words = fields.map { $0?.words.map { PackedWord($0) } ?? [] }
    }
}

extension Field {
    /// The least value that makes sense. An instant may lie before the boot: an override can outlive a restart.
    var minimum: Int64 {
        switch spec.kind {
        case .number, .counter, .gauge, .word: 0
        case .instant: .min + 1
        }
    }

    /// The words of a field whose values travel as words.
    var words: [String] {
        if case .word(let words) = spec.kind { words } else { [] }
    }
}

/// A word of at most 16 ASCII letters in two integers, so that comparing it is comparing them.
struct PackedWord: Sendable, Hashable {
    private var parts: (low: UInt64, high: UInt64) = (0, 0)

    /// A longer text becomes no word at all: it equals nothing that is in a table.
    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= MemoryLayout.size(ofValue: parts) else {
            parts = (.max, .max)
            return
        }
        withUnsafeMutableBytes(of: &parts) { $0.copyMemory(from: bytes) }
    }

    init(_ word: String) {
        var word = word
        self = word.withUTF8 { PackedWord(UnsafeRawBufferPointer($0)) }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.parts.low == right.parts.low && left.parts.high == right.parts.high
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(parts.low)
        hasher.combine(parts.high)
    }
}
