// SPDX-License-Identifier: Apache-2.0

import Canvas

/// Words for people, in which texts from services stay apart from ours: each form of a report escapes them in its own way.
package struct Sentence: Sendable, Hashable, ExpressibleByStringInterpolation {
    package enum Part: Sendable, Hashable {
        case words(String)
        /// What a service or an operator named or wrote; without anything that a reader could not see.
        case foreign(String)
        /// A figure or a word on which the eye may rest.
        case strong(String)
    }

    package private(set) var parts: [Part]

    package init(stringLiteral text: String) { parts = text.isEmpty ? [] : [.words(text)] }

    package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    package var isEmpty: Bool { parts.isEmpty }

    /// A text from elsewhere alone.
    package static func foreign(_ text: String) -> Sentence { "\(foreign: text)" }

    /// Words of ours alone.
    package static func words(_ text: String) -> Sentence { "\(words: text)" }

    package static func + (left: Sentence, right: Sentence) -> Sentence {
        var sum = left
        sum.parts += right.parts
        return sum
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        /// The most columns of a text from elsewhere: whoever writes more is not read.
        private static let limit = 240

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.words(literal)) }
        }

        package mutating func appendInterpolation(foreign text: String) {
            parts.append(.foreign(text.isEmpty ? "–" : text.sanitizedForDisplay(maxColumns: Self.limit)))
        }

        package mutating func appendInterpolation(words text: String) { appendLiteral(text) }

        package mutating func appendInterpolation(strong text: String) { parts.append(.strong(text)) }

        package mutating func appendInterpolation(_ sentence: Sentence) { parts += sentence.parts }

        package mutating func appendInterpolation(_ number: some BinaryInteger) { appendLiteral(String(number)) }
    }
}

extension Sequence<Sentence> {
    /// All of them in one.
    package func joined(by separator: String) -> Sentence {
        var sum: Sentence = ""
        for sentence in self where !sentence.isEmpty {
            sum = sum.isEmpty ? sentence : "\(sum)\(words: separator)\(sentence)"
        }
        return sum
    }
}
