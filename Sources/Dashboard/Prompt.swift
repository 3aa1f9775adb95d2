// SPDX-License-Identifier: Apache-2.0

import Canvas

/// A line being typed at the foot of the screen.
package struct Prompt: Sendable {
    /// What it is typed for.
    package enum Kind: String, Sendable, CaseIterable {
        case filter, find

        /// What stands before it.
        var mark: String {
            switch self {
            case .filter: "/"
            case .find: "find: "
            }
        }
    }

    package let kind: Kind
    package var field: TextField
    /// What is wrong with what was typed; the last that was right still holds.
    package var problem: String?
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
