// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// A line of `watch`: something that is, or that happened.
struct WatchLine: Sendable {
    /// When, in milliseconds since 1970: by the service's clock for its events, else by this machine's.
    var t: Milliseconds
    var service = ""
    var instance = ""
    /// The circuit's name; `nil` when it is about a service.
    var circuit: String?
    var kind: Kind

    enum Kind: Sendable {
        /// A circuit as it is now.
        case circuit(CircuitView)
        /// The picture is complete; what follows happened since.
        case ready(circuits: Int, sources: Int)
        case event(FleetEvent.Kind, Origin?)
        /// Nothing is heard from a service though it is connected: what is known of it may be old.
        case silent(for: Milliseconds)
        /// It is heard again.
        case heard
        /// Lines that were not written because nobody took them.
        case dropped(count: Int)
    }

    /// Where an event stands among those of its process.
    struct Origin: Sendable {
        var boot: String
        var seq: Int64
        var up: Milliseconds
        /// Whether it happened while there was no connection.
        var isReplayed: Bool
    }
}

extension WatchLine {
    init(_ circuit: CircuitView, at t: Milliseconds) {
        self.init(
            t: t, service: circuit.identity.service, instance: circuit.identity.instance, circuit: circuit.key.name,
            kind: .circuit(circuit))
    }

    init(_ event: FleetEvent, _ origin: Origin?) {
        self.init(
            t: event.t, service: event.service, instance: event.instance, circuit: event.circuit,
            kind: .event(event.kind, origin))
    }
}
