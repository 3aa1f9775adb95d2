// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet

/// Completes a circuit's name from what runs at this moment.
enum CircuitCompletion {
    /// Nobody waits longer than this for a Tab.
    private static let patience: Duration = .milliseconds(500)
    private static let maximumCount = 500

    static let kind = CompletionKind.custom { words, _, prefix in
        guard let sources = sources(in: words) else { return [] }
        let circuits = try? await Snapshot.with(sources, patience: patience) { $0.fleet.circuits() }
        return candidates(for: prefix, among: circuits ?? [])
    }

    /// Where the words of the line say to look; `nil` while they cannot be read: the usual places would be others.
    static func sources(in words: [String]) -> SourceOptions? {
        try? SourceOptions.parse(SourceOptions.arguments(in: words))
    }

    /// The names that begin so, the short forms first: with a slash typed, those with a place in them.
    static func candidates(for prefix: String, among circuits: [CircuitView]) -> [String] {
        let names = circuits.flatMap { circuit in
            let name = circuit.key.name
            let places = ["\(circuit.identity.service)/\(name)", circuit.shortName]
            return prefix.contains("/") ? places : [name] + places
        }
        return Array(Set(names).filter { $0.hasPrefix(prefix) && isHarmless($0) }.sorted().prefix(maximumCount))
    }

    /// Whether a shell takes every character for itself. Some shells evaluate what they are offered, and names come from
    /// whoever publishes: a circuit called `$(reboot)` is not offered.
    static func isHarmless(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("-")
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-+@%,/".unicodeScalars.contains(scalar)
            }
    }
}
