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
        /// The connections to each boot, in the order of their coming: the newest is told.
        var routes: [String: [Route]] = [:]
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
        let route = Route(connection: connection, owner: ObjectIdentifier(owner))
        state.withLock { $0.routes[boot, default: []].append(route) }
        await tell(boot)
    }

    /// A connection ended: another one to the same boot, if any, is told what is wished.
    func close(_ boot: String, owner: AnyObject) async {
        state.withLock { state in
            state.routes[boot]?.removeAll { $0.owner == ObjectIdentifier(owner) }
            if state.routes[boot]?.isEmpty == true { state.routes[boot] = nil }
        }
        await tell(boot)
    }

    /// Tells until the service knows the newest wish; one at a time, so that the last word is the right one.
    private func tell(_ boot: String) async {
        while let (connection, owner, circuits) = next(boot) {
            var line: [UInt8] = []
            MessageEncoder().append(.detail(circuits), to: &line)
            // A connection that broke is told of by whoever listens to it.
            try? await connection.send(line)
            state.withLock { state in
                guard let index = state.routes[boot]?.firstIndex(where: { $0.owner == owner }) else { return }
                state.routes[boot]?[index].isTelling = false
            }
        }
    }

    private func next(_ boot: String) -> (LineConnection, ObjectIdentifier, [Int64])? {
        state.withLock { state in
            let wish = state.wishes[boot] ?? []
            guard let routes = state.routes[boot], let last = routes.indices.last, !routes[last].isTelling,
                routes[last].told != wish
            else { return nil }
            state.routes[boot]?[last].told = wish
            state.routes[boot]?[last].isTelling = true
            return (routes[last].connection, routes[last].owner, wish)
        }
    }
}
