// SPDX-License-Identifier: Apache-2.0

/// What the first conversation told about the service: the others build on it.
struct Facts: Sendable {
    var boot = "0000000000000000"
    var isOperator = false
    var interval: Int64 = 250
    var actions: [String] = []
    /// The circuits that are there, in the order in which they were described.
    var circuits: [(id: Int64, name: String)] = []
    /// A circuit without an override: one that a `clear` could not end.
    var bystander: Int64?

    /// A filter for conversations to which few circuits are enough: a service may have very many, told to each of them.
    var filter: String? {
        let few = 100
        return circuits.count > few ? circuits.first { $0.name.utf8.count <= 200 }?.name : nil
    }

    init() {}

    init(_ watch: Transcript) {
        let hello = watch.first("hello")?.json
        boot = hello?["boot"]?.string ?? boot
        actions = hello?["actions"]?.strings ?? []
        let subscribed = watch.first("subscribed")?.json
        isOperator = subscribed?["role"]?.string == "operator"
        interval = min(max(subscribed?["interval_ms"]?.integer ?? interval, 1), 60_000)
        var seen: Set<Int64> = []
        for circuit in watch.all("circuit").reversed().compactMap(\.json) {
            guard let id = circuit["id"]?.integer, seen.insert(id).inserted else { continue }
            guard circuit["gone"]?.bool != true, let name = circuit["name"]?.string else { continue }
            circuits.append((id, name))
            // Lacking a slot is the same as having none.
            if circuit["override"]?["mode"]?.string ?? "none" == "none" { bystander = id }
        }
        circuits.sort { $0.id < $1.id }
    }
}
