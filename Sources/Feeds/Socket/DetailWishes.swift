// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerWire
import Fleet
import Synchronization

/// The circuits of which histograms are wanted, and which service has been told so.
final class DetailWishes: Sendable {
    private struct Route {
        var connection: LineConnection
        var owner: ObjectIdentifier
        var told: [Int64] = []
        var isTelling = false
    }

    private struct State {
        var wishes: [String: [Int64]] = [:]
        var routes: [String: Route] = [:]
    }

    private let state = Mutex(State())

    /// Wishes these circuits instead of others, the first 64 of each boot, and tells the services that are connected.
    func wish(_ circuits: [DetailedCircuit]) async {
        let boots = state.withLock { state in
            state.wishes = Dictionary(grouping: circuits, by: \.boot).mapValues { circuits in
                Array(Set(circuits.map(\.circuit)).sorted().prefix(WireLimits.detail))
            }
            return Array(state.routes.keys)
        }
        for boot in boots { await tell(boot) }
    }

    func isWished(_ circuit: DetailedCircuit) -> Bool {
        state.withLock { $0.wishes[circuit.boot]?.contains(circuit.circuit) ?? false }
    }

    /// A connection to a boot has come about: it is told what is wished.
    func open(_ boot: String, over connection: LineConnection, owner: AnyObject) async {
        state.withLock { $0.routes[boot] = Route(connection: connection, owner: ObjectIdentifier(owner)) }
        await tell(boot)
    }

    func close(_ boot: String, owner: AnyObject) {
        state.withLock { state in
            guard state.routes[boot]?.owner == ObjectIdentifier(owner) else { return }
            state.routes[boot] = nil
        }
    }

    /// Tells until the service knows the newest wish; one at a time, so that the last word is the right one.
    private func tell(_ boot: String) async {
        while let (connection, circuits) = next(boot) {
            var line: [UInt8] = []
            MessageEncoder().append(.detail(circuits), to: &line)
            // A connection that broke is told of by whoever listens to it.
            try? await connection.send(line)
            state.withLock { $0.routes[boot]?.isTelling = false }
        }
    }

    private func next(_ boot: String) -> (LineConnection, [Int64])? {
        state.withLock { state in
            let wish = state.wishes[boot] ?? []
            guard var route = state.routes[boot], !route.isTelling, route.told != wish else { return nil }
            route.told = wish
            route.isTelling = true
            state.routes[boot] = route
            return (route.connection, wish)
        }
    }
}
