// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Which circuits an operator means: `NAME`, `SERVICE/NAME`, `INSTANCE/NAME` or `SERVICE/INSTANCE/NAME`, each part a
/// ``Glob``. A star never reaches over a part's end: `o*` means circuits, not all circuits of the services in o.
struct CircuitSelector: Sendable, Hashable {
    /// How a circuit is meant.
    enum Match: Sendable, Hashable {
        /// By its very name, its instance's before it: no other circuit can be meant.
        case exact
        /// By its very name, which circuits of other instances may have too.
        case name
        case pattern
    }

    /// One way to read the text.
    private struct Reading: Sendable, Hashable {
        var service: Glob?
        var instance: Glob?
        /// For `PLACE/NAME`: the service or the instance.
        var place: Glob?
        var name: Glob

        func matchesPlace(_ service: String, _ instance: String) -> Bool {
            (self.service?.matches(service) ?? true) && (self.instance?.matches(instance) ?? true)
                && (place.map { $0.matches(service) || $0.matches(instance) } ?? true)
        }
    }

    static let maximumLength = 1_000
    /// Names may hold slashes themselves, so each could be the one that parts; this bounds the readings.
    static let maximumSlashes = 12

    /// What was typed.
    let text: String
    private let readings: [Reading]

    init(_ text: String) throws(ValidationError) {
        guard !text.isEmpty else { throw ValidationError("a circuit's name is empty") }
        guard text.utf8.count <= Self.maximumLength else {
            throw ValidationError("a circuit's name is longer than \(Self.maximumLength) bytes")
        }
        let slashes = text.indices.filter { text[$0] == "/" }
        guard slashes.count <= Self.maximumSlashes else {
            throw ValidationError("“\(text.prefix(40))…” has more than \(Self.maximumSlashes) slashes")
        }
        self.text = text
        var readings = [Reading(name: Glob(text))]
        for (index, first) in slashes.enumerated() {
            let rest = text[text.index(after: first)...]
            readings.append(Reading(place: Glob(text[..<first]), name: Glob(rest)))
            for second in slashes[(index + 1)...] {
                readings.append(
                    Reading(
                        service: Glob(text[..<first]), instance: Glob(rest[..<second]),
                        name: Glob(text[text.index(after: second)...])))
            }
        }
        self.readings = readings
    }

    /// Whether and how a circuit is meant. Its very name always counts, even if that has a `*` in it.
    func match(service: String, instance: String, name: String) -> Match? {
        // An instance called like its service does not tell the two apart.
        if text == "\(service)/\(instance)/\(name)" { return .exact }
        if text == "\(instance)/\(name)" { return instance == service ? .name : .exact }
        if text == name || text == "\(service)/\(name)" { return .name }
        return readings.contains { $0.matchesPlace(service, instance) && $0.name.matches(name) } ? .pattern : nil
    }

    /// Whether it is likely to mean circuits of an instance that nobody knows yet. A slash is taken for the end of a place,
    /// though a name may hold one.
    func couldMatch(service: String, instance: String) -> Bool {
        readings.count == 1 || readings.dropFirst().contains { $0.matchesPlace(service, instance) }
    }
}
