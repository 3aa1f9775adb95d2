// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Completes the last of several words with commas between them.
enum WordListCompletion {
    static func kind(_ words: [String]) -> CompletionKind {
        .custom { _, _, prefix in candidates(for: prefix, among: words) }
    }

    /// What was typed with its last word made whole, in each way that there is; no word twice.
    static func candidates(for prefix: String, among words: [String]) -> [String] {
        let typed = prefix.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let (done, last) = (typed.dropLast(), typed.last ?? "")
        return words.filter { $0.hasPrefix(last) && !done.contains($0) }
            .map { (done + [$0]).joined(separator: ",") }
    }
}
