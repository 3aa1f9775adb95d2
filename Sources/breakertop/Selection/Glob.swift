// SPDX-License-Identifier: Apache-2.0

/// A pattern for one name: `*` is any text, `?` any character, `[a-z]` and `[!a-z]` a character of a set or outside it.
/// Everything else, and a `[` that nothing closes, stands for itself; `[*]` is a star.
struct Glob: Sendable, Hashable {
    private enum Piece: Sendable, Hashable {
        case character(Character)
        case anyCharacter
        case anyText
        case set([ClosedRange<Character>], isNegated: Bool)

        func matches(_ character: Character) -> Bool {
            switch self {
            case .character(let own): own == character
            case .anyCharacter: true
            case .anyText: false
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
            }
        }
    }

    private let pieces: [Piece]

    init(_ pattern: some StringProtocol) {
        var rest = Array(pattern)[...]
        var pieces: [Piece] = []
        while let character = rest.popFirst() {
            switch character {
            case "*": if pieces.last != .anyText { pieces.append(.anyText) }
            case "?": pieces.append(.anyCharacter)
            case "[":
                if let (set, after) = Self.set(in: rest) {
                    pieces.append(set)
                    rest = after
                } else {
                    pieces.append(.character(character))
                }
            default: pieces.append(.character(character))
            }
        }
        self.pieces = pieces
    }

    /// Whether it stands for anything but its own text.
    var isPattern: Bool {
        pieces.contains { piece in
            if case .character = piece { false } else { true }
        }
    }

    /// The set after a `[`, and what follows its `]`. A `]` that comes first belongs to the set.
    private static func set(in text: ArraySlice<Character>) -> (Piece, after: ArraySlice<Character>)? {
        var rest = text
        let isNegated = rest.first == "!" || rest.first == "^"
        if isNegated { rest.removeFirst() }
        guard let end = rest.dropFirst().firstIndex(of: "]") else { return nil }
        var members = rest[..<end]
        var ranges: [ClosedRange<Character>] = []
        while let low = members.popFirst() {
            guard members.first == "-", members.count > 1 else {
                ranges.append(low...low)
                continue
            }
            members.removeFirst()
            // A range that runs backwards holds nothing.
            if let high = members.popFirst(), low <= high { ranges.append(low...high) }
        }
        return (.set(ranges, isNegated: isNegated), rest[(end + 1)...])
    }

    /// Whether it stands for the whole of a text. Takes at most pattern × text steps: only the last `*` is ever retried.
    func matches(_ text: String) -> Bool {
        let text = Array(text)
        var (piece, position) = (0, 0)
        var lastStar: (piece: Int, position: Int)?
        while position < text.count {
            if piece < pieces.count, pieces[piece] == .anyText {
                lastStar = (piece, position)
                piece += 1
            } else if piece < pieces.count, pieces[piece].matches(text[position]) {
                piece += 1
                position += 1
            } else if let star = lastStar {
                lastStar = (star.piece, star.position + 1)
                (piece, position) = (star.piece + 1, star.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anyText }
    }
}
