// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

/// A bound of an age, of a number of bytes, or of both.
package struct RecordingBounds: Sendable, Hashable {
    package var age: Milliseconds?
    package var bytes: Int?

    package init(age: Milliseconds? = nil, bytes: Int? = nil) { (self.age, self.bytes) = (age, bytes) }

    /// Reads `24h`, `2GB`, or `24h,2GB`; `nil` = it is neither.
    package init?(_ text: String) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = word.filter { $0 != " " }
            guard let digits = word.firstIndex(where: { !$0.isNumber }), let number = Int64(word[..<digits]),
                number > 0,
                number <= 1_000_000
            else { return nil }
            let unit = word[digits...].lowercased()
            if let span = Self.spans[unit], age == nil {
                age = number * span
            } else if let size = Self.sizes[unit], bytes == nil {
                bytes = Int(number) * size
            } else {
                return nil
            }
        }
    }

    private static let spans: [String: Milliseconds] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    private static let sizes = ["kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000]
}

/// When a recording goes on in another file, and which of its files go.
package struct Rotation: Sendable, Hashable {
    /// A file of the series.
    package struct File: Sendable, Hashable {
        package var name: String
        /// When it began, in milliseconds since 1970.
        package var start: Milliseconds
        package var bytes: Int

        package init(name: String, start: Milliseconds, bytes: Int) {
            (self.name, self.start, self.bytes) = (name, start, bytes)
        }
    }

    /// The most that a file holds.
    package var file: RecordingBounds
    /// The most that is kept of all.
    package var total: RecordingBounds

    /// Into how many files what is kept is parted, where nothing was said.
    private static let parts: Int64 = 24

    /// - Returns: `nil` when nothing rotates.
    package init?(file: RecordingBounds?, total: RecordingBounds?) {
        guard file != nil || total != nil else { return nil }
        self.file = file ?? RecordingBounds()
        self.total = total ?? RecordingBounds()
        // What goes is a file: the whole must be several.
        if self.file.age == nil, let age = self.total.age { self.file.age = max(1_000, age / Self.parts) }
        if self.file.bytes == nil, let bytes = self.total.bytes { self.file.bytes = max(1, bytes / Int(Self.parts)) }
    }

    /// Why the bounds do not go together, in words.
    package var contradiction: String? {
        if let age = file.age, let total = total.age, age > total { return "a file would be older than what is kept" }
        if let bytes = file.bytes, let total = total.bytes, bytes > total / 2 {
            return "a file would have more than half of the bytes that are kept"
        }
        return nil
    }

    /// Whether the present file is to be ended.
    package func isDue(age: Milliseconds, bytes: Int) -> Bool {
        file.age.map { age >= $0 } ?? false || file.bytes.map { bytes >= $0 } ?? false
    }

    /// The files that go, of all but the present one, oldest first: those beyond the bytes, and those that ended before
    /// the time that is kept, which is when the next one began.
    package func surplus(_ files: [File], present: File, at now: Milliseconds) -> [File] {
        var left = files.sorted { ($0.start, $0.name) < ($1.start, $1.name) }
        var gone: [File] = []
        while !left.isEmpty {
            let end = left.dropFirst().first?.start ?? present.start
            let bytes = left.reduce(present.bytes) { $0 + $1.bytes }
            let isOld = total.age.map { now.saturatingDifference(end) > $0 } ?? false
            guard isOld || total.bytes.map({ bytes > $0 }) ?? false else { break }
            gone.append(left.removeFirst())
        }
        return gone
    }
}
