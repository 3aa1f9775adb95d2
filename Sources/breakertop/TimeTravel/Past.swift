// SPDX-License-Identifier: Apache-2.0

import Dashboard

/// Who holds what was, and brings the moments of it that the screen asks for.
protocol Past: Sendable {
    /// What there is to be told to the screen, time and again, until the task is cancelled.
    func run(_ tell: @escaping @Sendable (Dashboard.Message) async -> Void) async
    /// Does what the screen asks for; returns what came of it.
    func perform(_ effect: Dashboard.Effect) async -> Dashboard.Message?
}

/// Nothing is kept.
struct NoPast: Past {
    func run(_ tell: @escaping @Sendable (Dashboard.Message) async -> Void) async {}

    func perform(_ effect: Dashboard.Effect) async -> Dashboard.Message? {
        let words = "what was is not kept: this runs with --history 0"
        if case .travel(_, let number) = effect { return .stranded(words, number: number) }
        return .told(words)
    }
}
