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

    /// What Tab goes round in.
    struct Cycle: Sendable {
        /// What was typed.
        let text: String
        let candidates: Completions
        var index: Int
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
    /// What words may become, given a text and the cursor's place in it; and the characters that they take the place of.
    package typealias Completer = @Sendable (_ text: String, _ cursor: Int) -> (place: Range<Int>, words: [String])
    private let completer: Completer?
    /// What was there before, for Esc.
    let former: String
    /// How far back in what was typed before; 0 is the line being typed.
    var past = 0
    /// Where Tab is among what the end of the line may become; of commands only.
    var cycle: Cycle?
    /// The line being typed, while an older one shows.
    var draft = ""

    package init(_ kind: Kind, text: String = "", completer: Completer? = nil) {
        self.kind = kind
        self.completer = completer
        former = text
        field = TextField(text, maximum: 500)
        suggest()
    }

    /// Looks anew what the word before the cursor may become.
    package mutating func suggest() {
        candidate = nil
        (candidatePlace, candidates) = completer.map { $0(field.text, field.cursor) } ?? (0..<0, [])
    }

    /// Puts the next candidate into the text, or the one before; a single one is final, and what may follow is offered.
    package mutating func complete(by step: Int) {
        guard !candidates.isEmpty else { return }
        let count = candidates.count
        let next = candidate.map { ($0 + step + count) % count } ?? (step > 0 ? 0 : count - 1)
        let length = field.characters.count
        field.replace(candidatePlace, with: candidates[next])
        let end = candidatePlace.upperBound + field.characters.count - length
        candidatePlace = candidatePlace.lowerBound..<max(candidatePlace.lowerBound, end)
        candidate = next
        if count == 1 { suggest() }
    }

    /// Shows the line with the candidate that it stands at.
    mutating func take(_ cycle: Cycle) {
        let before = String(cycle.text.prefix(cycle.candidates.place.lowerBound))
        field = TextField(maximum: 500)
        field.insert(before + cycle.candidates.words[cycle.index])
        self.cycle = cycle
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
