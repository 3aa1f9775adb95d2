// SPDX-License-Identifier: Apache-2.0

/// How many of a service's last lines could be read.
struct Legibility: Sendable {
    /// How many lines are looked back on; those before the first count as read.
    static let window = 100
    /// The most of them that may be unreadable.
    static let bearable = window / 2

    private var wasRead = Array(repeating: true, count: window)
    private var next = 0
    private var unread = 0
    /// Unreadable lines in all.
    private(set) var skipped = 0

    /// Whether the service still makes enough sense.
    var isBearable: Bool { unread <= Self.bearable }

    mutating func note(read: Bool) {
        unread += (wasRead[next] ? 1 : 0) - (read ? 1 : 0)
        wasRead[next] = read
        next = (next + 1) % Self.window
        if !read { skipped += 1 }
    }
}
