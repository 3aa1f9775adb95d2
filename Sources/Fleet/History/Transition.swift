// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A change that one goes to when one looks for what happened: of a circuit's state or override, or of a connection.
package struct Transition: Sendable, Hashable {
    package enum What: Sendable, Hashable {
        case state(CircuitState)
        /// A force began, or another one took its place.
        case forced
        /// A force ended.
        case released
        /// A service was lost, or said goodbye.
        case gone
        case restarted
    }

    /// A circuit by its names, over restarts of its service.
    package struct Place: Sendable, Hashable {
        package var service: String
        package var instance: String
        /// Empty = it is about the service.
        package var circuit: String

        package init(service: String, instance: String, circuit: String = "") {
            (self.service, self.instance, self.circuit) = (service, instance, circuit)
        }

        package init(_ key: CircuitKey) {
            self.init(service: key.instance.service, instance: key.instance.instance, circuit: key.name)
        }
    }

    /// When it was heard of, on the monitor's clock that never goes back.
    package var at: Milliseconds
    package var what: What
    package var place: Place

    package init(at: Milliseconds, what: What, place: Place) {
        (self.at, self.what, self.place) = (at, what, place)
    }
}

/// Notes the transitions among what is observed. It knows only who speaks, and the names of circuits.
package struct TransitionLog: Sendable {
    private struct Speaker {
        var service = ""
        var instance = ""
        var boot = ""
        var isGone = false
        var circuits: [Int64: String] = [:]
    }

    /// Oldest first.
    package private(set) var all: [Transition] = []
    /// When the newest one was that had to go for want of room; `nil` = all are there.
    package private(set) var droppedUntil: Milliseconds?
    private var speakers: [SourceID: Speaker] = [:]
    private let capacity: Int

    /// - Parameter capacity: at least half as many of the newest are kept, and at most so many.
    package init(capacity: Int = 200_000) { self.capacity = max(2, capacity) }

    /// Forgets what was before a moment.
    package mutating func forget(before at: Milliseconds) {
        let count = all.partitioningIndex { $0.at >= at }
        if count > 0 { all.removeFirst(count) }
    }

    package mutating func take(_ observation: Observation) {
        let (at, source) = (observation.at.up, observation.source)
        switch observation.fact {
        case .source(.greeted(let identity, _)): greet(source, identity, at)
        case .source(.lost), .source(.stopped): leave(source, at)
        case .source(.removed):
            leave(source, at)
            speakers[source] = nil
        case .circuit(let description): name(description, of: source)
        case .event(let event, replayed: false): note(event, of: source, at)
        default: break
        }
    }

    /// A service said who it is; in a keyframe that is no news.
    package mutating func greet(_ source: SourceID, _ identity: ServiceIdentity, _ at: Milliseconds?) {
        let before = speakers[source]
        var speaker = Speaker(service: identity.service, instance: identity.instance, boot: identity.boot)
        if before?.boot == identity.boot { speaker.circuits = before?.circuits ?? [:] }
        speakers[source] = speaker
        guard let at, let before, before.boot != identity.boot else { return }
        add(.restarted, at, speaker)
    }

    package mutating func name(_ description: CircuitDescription, of source: SourceID) {
        speakers[source]?.circuits[description.id] = description.isGone ? nil : description.name
    }

    private mutating func leave(_ source: SourceID, _ at: Milliseconds) {
        guard let speaker = speakers[source], !speaker.isGone else { return }
        speakers[source]?.isGone = true
        add(.gone, at, speaker)
    }

    private mutating func note(_ event: Event, of source: SourceID, _ at: Milliseconds) {
        guard let speaker = speakers[source], let circuit = event.circuit.flatMap({ speaker.circuits[$0] }) else {
            return
        }
        switch event.kind {
        case .state(let change): add(.state(change.to), at, speaker, circuit)
        case .override(let change): add(change.to.mode == .none ? .released : .forced, at, speaker, circuit)
        case .command, .probe, .retryExhausted, .config, .suppressed: break
        }
    }

    private mutating func add(_ what: Transition.What, _ at: Milliseconds, _ speaker: Speaker, _ circuit: String = "") {
        // Half at a time, so that an append stays cheap.
        if all.count >= capacity {
            droppedUntil = all[capacity / 2 - 1].at
            all.removeFirst(capacity / 2)
        }
        let place = Transition.Place(service: speaker.service, instance: speaker.instance, circuit: circuit)
        all.append(Transition(at: max(at, all.last?.at ?? at), what: what, place: place))
    }
}

extension Array {
    /// The place of the first element from which on a condition holds that holds for all that follow, too.
    package func partitioningIndex(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
