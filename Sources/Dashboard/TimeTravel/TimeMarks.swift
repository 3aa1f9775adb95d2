// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Moments that somebody gave a label, in their order. Bounded.
package struct TimeMarks: Sendable, Hashable {
    package struct Mark: Sendable, Hashable {
        package var at: Milliseconds
        package var label: String

        package init(at: Milliseconds, label: String) { (self.at, self.label) = (at, label) }
    }

    package static let capacity = 1_000
    /// The most characters of a label.
    package static let maximumLabel = 200

    package private(set) var all: [Mark] = []

    package init(_ marks: [Mark] = []) {
        for mark in marks { set(mark) }
    }

    /// Sets a mark; one that is there at the same moment gives way, and with an empty label that is all.
    ///
    /// - Returns: whether there was room.
    @discardableResult
    package mutating func set(_ mark: Mark) -> Bool {
        all.removeAll { $0.at == mark.at }
        guard !mark.label.isEmpty else { return true }
        guard all.count < Self.capacity else { return false }
        all.append(Mark(at: mark.at, label: String(mark.label.prefix(Self.maximumLabel))))
        all.sort { $0.at < $1.at }
        return true
    }
}
