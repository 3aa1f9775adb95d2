// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension FleetModel {
    /// The names that there are of a kind and that begin so, upper and lower case alike; the first of them in order.
    package func names(_ kind: QueryCompletions.Names.Kind, beginningWith prefix: String) -> [String] {
        let beginning = SearchText(prefix)
        var words = FirstWords(maximum: QueryCompletions.maximum)
        func add(_ name: String) {
            if !name.isEmpty, beginning.begins(name) { words.add(name) }
        }
        for instance in instances.values {
            switch kind {
            case .services: add(instance.identity.service)
            case .instances: add(instance.identity.instance)
            case .circuits: for circuit in instance.circuits.values { add(circuit.value.key.name) }
            case .targets: for circuit in instance.circuits.values { add(circuit.value.description.target.service) }
            }
        }
        return words.all
    }
}

/// The first words of many in their order, each once: whichever way they come, the same ones are kept.
package struct FirstWords: Sendable {
    package private(set) var all: [String] = []
    private let maximum: Int

    package init(maximum: Int) { self.maximum = max(1, maximum) }

    /// Whether a word would be among them.
    package func wants(_ word: String) -> Bool {
        guard all.count >= maximum, let last = all.last else { return true }
        return word < last
    }

    package mutating func add(_ word: String) {
        guard wants(word) else { return }
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < word { low = middle + 1 } else { high = middle }
        }
        guard low == all.count || all[low] != word else { return }
        all.insert(word, at: low)
        if all.count > maximum { all.removeLast() }
    }
}
