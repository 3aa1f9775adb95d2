// SPDX-License-Identifier: Apache-2.0

/// The word that somebody meant who mistyped it.
package enum NearestWord {
    /// The word that is at most two slips away, or the only one that begins so; `nil` when none is.
    package static func find(_ word: String, among words: [String]) -> String? {
        let completed = words.filter { word.count > 1 && $0.hasPrefix(word) }
        if completed.count == 1 { return completed.first }
        let typed = Array(word.lowercased().prefix(40))
        let near = words.map { (word: $0, slips: slips(from: typed, to: Array($0))) }.min { $0.slips < $1.slips }
        return near.flatMap { $0.slips <= min(2, typed.count / 2) ? $0.word : nil }
    }

    /// How many characters must be put in, taken out, replaced or swapped with their neighbour.
    package static func slips(from: [Character], to: [Character]) -> Int {
        var rows = [Array(0...to.count)]
        for (i, character) in from.enumerated() {
            var row = [i + 1]
            for (j, other) in to.enumerated() {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (character == other ? 0 : 1))
                if i > 0, j > 0, character == to[j - 1], from[i - 1] == other {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[from.count][to.count]
    }
}
