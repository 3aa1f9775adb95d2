// SPDX-License-Identifier: Apache-2.0

import Canvas

/// A line being typed at the foot of the screen.
package struct Prompt: Sendable {
    /// What it is typed for.
    package enum Kind: String, Sendable, CaseIterable {
        case filter, find, command

        /// What stands before it.
        var mark: String {
            switch self {
            case .filter: "/"
            case .find: "find: "
            case .command: ":"
            }
        }

        /// What ends it, in words.
        var keys: String {
            switch self {
            case .filter, .find: "Enter keeps, Esc as before"
            case .command: "Tab completes, Enter does it"
            }
        }
    }

    package let kind: Kind
    package var field: TextField
    /// What is wrong with what was typed; the last that was right still holds.
    package var problem: String?
    /// Which of the characters typed it is about.
    package var problemPlace: Range<Int>?
    /// What the word before the cursor may become.
    package private(set) var candidates: [String] = []
    /// Which of them stands in the text; `nil` = none was taken.
    package private(set) var candidate: Int?
    /// The characters that a candidate takes the place of.
    private var candidatePlace = 0..<0
    /// What was there before, for Esc.
    let former: String
    /// How far back in what was typed before; 0 is the line being typed.
    var past = 0
    /// The line being typed, while an older one shows.
    var draft = ""

    package init(_ kind: Kind, text: String = "") {
        self.kind = kind
        former = text
        field = TextField(text, maximum: 500)
    }

    /// Says what the word before the cursor may become.
    mutating func offer(_ completions: Completions) {
        candidate = nil
        (candidatePlace, candidates) = (completions.place, completions.words)
    }

    /// Puts the next candidate into the text, or the one before.
    ///
    /// - Returns: whether it was the only one: it is final, and what may follow it can be offered.
    mutating func complete(by step: Int) -> Bool {
        guard !candidates.isEmpty else { return false }
        let count = candidates.count
        let next = candidate.map { ($0 + step + count) % count } ?? (step > 0 ? 0 : count - 1)
        let length = field.characters.count
        field.replace(candidatePlace, with: candidates[next])
        let end = candidatePlace.upperBound + field.characters.count - length
        candidatePlace = candidatePlace.lowerBound..<max(candidatePlace.lowerBound, end)
        candidate = next
        return count == 1
    }
}

/// What was typed before, of each kind; the newest last, bounded.
package struct PromptHistory: Sendable {
    static let capacity = 100

    private var lines: [Prompt.Kind: [String]] = [:]

    mutating func add(_ line: String, to kind: Prompt.Kind) {
        guard !line.isEmpty else { return }
        var all = lines[kind, default: []].filter { $0 != line }
        all.append(line)
        lines[kind] = all.suffix(Self.capacity)
    }

    /// Goes so far back (+1) or forth (-1) in a prompt; at the end nothing changes.
    func leaf(_ prompt: inout Prompt, by step: Int) {
        let all = lines[prompt.kind, default: []]
        let past = prompt.past + step
        guard (0...all.count).contains(past) else { return }
        if prompt.past == 0 { prompt.draft = prompt.field.text }
        prompt.past = past
        prompt.field = TextField(past == 0 ? prompt.draft : all[all.count - past], maximum: 500)
    }
}
