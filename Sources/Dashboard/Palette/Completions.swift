// SPDX-License-Identifier: Apache-2.0

/// What the end of a text may become.
package struct Completions: Sendable, Hashable {
    /// The characters that a word takes the place of, up to the text's end.
    package var place: Range<Int>
    package var words: [String]

    init(place: Range<Int> = 0..<0, words: [String] = []) {
        self.place = place
        self.words = words
    }

    /// The words that begin like the last one of a text.
    init(of text: String, among words: [String], separators: Set<Character> = [" "]) {
        let typed = Array(text)
        let start = typed.lastIndex(where: separators.contains).map { $0 + 1 } ?? 0
        let piece = String(typed[start...]).lowercased()
        place = start..<typed.count
        self.words = words.filter { $0.lowercased().hasPrefix(piece) }
    }

    /// The same behind so many more characters.
    func moved(by count: Int) -> Completions {
        Completions(place: place.lowerBound + count..<place.upperBound + count, words: words)
    }
}
