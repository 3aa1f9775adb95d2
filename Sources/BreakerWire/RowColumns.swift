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
        /// The words that stand for its values, by their places in ``RowColumns/words``; empty for numbers.
        var words: Range<Int>
        /// What ends the value in a row without white space.
        var terminator: UInt8

        var isWord: Bool { !words.isEmpty }
    }

    let columns: [Column]
    /// The words of all columns, with their quotes.
    let words: [ShortText]

    init(names: [String]) {
        var columns: [Column] = []
        var words: [ShortText] = []
        for name in names {
            let field = Field(name: name)
            let start = words.count
            words += field?.quotedWords ?? []
            columns.append(
                Column(
                    field: field, minimum: field?.minimum ?? 0, words: start..<words.count,
                    terminator: UInt8(ascii: columns.count == names.count - 1 ? "]" : ",")))
        }
        self.columns = columns
        self.words = words
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

    /// The same words as they stand in a line.
    var quotedWords: [ShortText] { words.map { ShortText("\"\($0)\"") } }
}
