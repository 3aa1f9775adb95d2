// SPDX-License-Identifier: Apache-2.0

package import Canvas

/// A line of text being edited, with its cursor. Keys that navigate elsewhere never reach it, and it takes all that is text.
package struct TextField: Sendable, Hashable {
    package private(set) var characters: [Character]
    /// The cursor's place: 0 is before the first character.
    package private(set) var cursor: Int
    private let maximum: Int

    package init(_ text: String = "", maximum: Int = 200) {
        self.maximum = maximum
        characters = Array(text.prefix(maximum))
        cursor = characters.count
    }

    package var text: String { String(characters) }

    /// Takes a key if it edits the text.
    ///
    /// - Returns: whether it did.
    package mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(String(character))
        case .backspace:
            if cursor > 0 {
                characters.remove(at: cursor - 1)
                cursor -= 1
            }
        case .delete: if cursor < characters.count { characters.remove(at: cursor) }
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .control("u"):
            characters.removeSubrange(..<cursor)
            cursor = 0
        case .control("w"): deleteWord()
        case .alt(let character): return handle(alt: character)
        default: return false
        }
        return true
    }

    /// Moves and deletes by words, of letters and digits, as readline does.
    private mutating func handle(alt character: Character) -> Bool {
        switch character {
        case "b", "B": cursor = wordStart
        case "f", "F": cursor = wordEnd
        case "d", "D": characters.removeSubrange(cursor..<wordEnd)
        case "\u{7F}", "\u{8}":
            let start = wordStart
            characters.removeSubrange(start..<cursor)
            cursor = start
        default: return false
        }
        return true
    }

    private var wordStart: Int {
        let gap = characters[..<cursor].lastIndex(where: \.isOfWord) ?? 0
        return characters[..<gap].lastIndex { !$0.isOfWord }.map { $0 + 1 } ?? 0
    }

    private var wordEnd: Int {
        let word = characters[cursor...].firstIndex(where: \.isOfWord) ?? characters.count
        return characters[word...].firstIndex { !$0.isOfWord } ?? characters.count
    }

    /// Inserts text at the cursor, as much of it as there is room for. Line ends and controls become spaces: pasted text never acts.
    package mutating func insert(_ text: String) {
        for character in text.prefix(maximum) where characters.count < maximum {
            let isControl =
                character.isNewline || character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
            characters.insert(isControl ? " " : character, at: cursor)
            cursor += 1
        }
    }

    /// Puts a text in the place of some characters, the cursor behind it.
    mutating func replace(_ range: Range<Int>, with text: String) {
        let range = range.clamped(to: 0..<characters.count)
        characters.removeSubrange(range)
        cursor = range.lowerBound
        insert(text)
    }

    private mutating func deleteWord() {
        while cursor > 0, characters[cursor - 1] == " " { _ = handle(.backspace) }
        while cursor > 0, characters[cursor - 1] != " " { _ = handle(.backspace) }
    }

    /// The part that fits into so many columns with the cursor in it, and the cursor's column there.
    package func visible(columns: Int) -> (text: String, cursor: Int) {
        let start = firstVisible(columns: columns)
        let text = String(characters[start...])
        let shown = text.displayWidth > columns ? text.truncated(toColumns: columns) : text
        return (shown, String(characters[start..<cursor]).displayWidth)
    }

    /// The place of the first character of that part.
    func firstVisible(columns: Int) -> Int {
        var start = 0
        while String(characters[start..<cursor]).displayWidth > max(0, columns - 1), start < cursor { start += 1 }
        return start
    }
}

extension Character {
    fileprivate var isOfWord: Bool { isLetter || isNumber }
}
