// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// What the view of the map shows, and where the operator is in it.
struct MapState: Sendable {
    /// What a line is about, by which the cursor sticks to it.
    enum Place: Sendable, Hashable {
        /// All calls of several callers to one target that are one root, or that a force holds since.
        case cause(DependencyMap.Place)
        case root(DependencyMap.Place)
        case call(DependencyMap.EdgeKey)

        init(_ line: MapLine) {
            self =
                line.group != nil
                ? .cause(line.node.place) : line.edge.map { .call($0.key) } ?? .root(line.node.place)
        }
    }

    fileprivate(set) var survey: MapSurvey?
    /// When the last round ended, on the monitor's monotonic clock.
    fileprivate(set) var finishedAt: Milliseconds = .min
    /// Whether the moment that is shown is another one than that of the last round.
    fileprivate var isOutdated = false
    /// As of the last round; `nil` = none is over yet.
    private(set) var picture: MapPicture?
    /// The places in ``MapPicture/cascade``'s findings of each edge that is one.
    private(set) var causes: [DependencyMap.EdgeKey: Int] = [:]
    var list = StickyList<Place>()

    /// The most time between two rounds for which the older picture is still shown while the new one is drawn.
    fileprivate static let maximumAge: Milliseconds = 5_000

    var lines: [MapLine] { picture?.lines ?? [] }

    fileprivate mutating func finish(_ picture: MapPicture, at now: Milliseconds) {
        self.picture = picture
        finishedAt = now
        causes = [:]
        for (number, finding) in picture.cascade.findings.enumerated() {
            for edge in finding.edges where causes[edge] == nil { causes[edge] = number }
        }
        let place = list.selected
        list.refresh(lines.map(Place.init))
        // What was one root is not any more: the cursor goes to the first of its calls, of those that still fail if any do.
        guard case .cause(let target) = place, list.selected != place else { return }
        let calls = lines.indices.filter { lines[$0].group == nil && lines[$0].edge?.key.target == target }
        let failing = calls.first { lines[$0].edge.map { self.causes[$0.key] != nil } ?? false }
        if let index = failing ?? calls.first { list.select(index) }
    }

    /// The calls under the cursor; `nil` on a service's own line, and on one that stands for several.
    var call: DependencyMap.EdgeKey? { if case .call(let key) = list.selected { key } else { nil } }

    /// The line under the cursor, where it stands for several callers.
    var groupLine: MapLine? {
        guard case .cause = list.selected else { return nil }
        return lines.first { Place($0) == list.selected }
    }

    /// What the analysis found of what is under the cursor, by its place in the findings.
    var cause: Int? { call.flatMap { causes[$0] } ?? groupLine?.group?.finding }

    /// The calls that an order is for.
    var chosen: Set<DependencyMap.EdgeKey> {
        if let call { return [call] }
        return groupLine?.group?.calls ?? []
    }

    /// What these are called together, safe to show: two lines of one caller and circuit are told apart by what they call.
    var chosenTitle: String? {
        if let line = groupLine, let group = line.group {
            return "\(group.callers.of("caller")) → \(shown(line.node.place))"
        }
        guard let call else { return nil }
        let (service, name) = (
            call.caller.sanitizedForDisplay(maxColumns: 40), call.circuit.sanitizedForDisplay(maxColumns: 60)
        )
        let isShared = lines.contains { line in
            guard let other = line.edge?.key, line.group == nil else { return false }
            return other.caller == call.caller && other.circuit == call.circuit && other.target != call.target
        }
        return "\(service) / \(name)" + (isShared ? " → \(shown(call.target))" : "")
    }

    private func shown(_ place: DependencyMap.Place) -> String {
        if case .unknown = place { return "?" }
        return place.name.sanitizedForDisplay(maxColumns: 40)
    }

    fileprivate mutating func forget() { (picture, causes) = (nil, [:]) }
}

/// Drawing the map, only while somebody looks at it, in steps that no key has to wait for.
extension Dashboard {
    /// The time from the end of a round to the next one.
    private static let mapPeriod: Milliseconds = 1_000

    mutating func mapIfDue() -> [Effect] {
        guard screen == .map else {
            mapState.survey = nil
            return []
        }
        let age = now.up.saturatingDifference(mapState.finishedAt)
        guard mapState.survey == nil, mapState.isOutdated || (transport == nil && age >= Self.mapPeriod) else {
            return []
        }
        if age > MapState.maximumAge, transport == nil { mapState.forget() }
        return mapNow()
    }

    /// The map is of another fleet than what is drawn.
    ///
    /// - Parameter isAsked: whether the operator waits for this very moment.
    mutating func mapAnew(isAsked: Bool) -> [Effect] {
        mapState.isOutdated = true
        if isAsked { mapState.survey = nil }
        return mapIfDue()
    }

    /// The next look at the map is of this moment.
    mutating func mapOutdated() { mapState.isOutdated = true }

    private mutating func mapNow() -> [Effect] {
        mapState.isOutdated = false
        mapState.survey = MapSurvey(of: fleet)
        return goOnMapping()
    }

    /// Words that somebody waits for go first; then the map, which rests for a while after each round: the table gets its
    /// turn then.
    mutating func goOn() -> [Effect] {
        guard search == nil else {
            goOnSearching()
            return []
        }
        return mapState.survey == nil ? goOnSurveying() : goOnMapping()
    }

    private mutating func goOnMapping() -> [Effect] {
        guard var current = mapState.survey else { return [] }
        mapState.survey = nil
        repeat {
            if let picture = current.step(over: fleet, circuits: Self.surveyStep) {
                let group = mapState.groupLine
                mapState.finish(picture, at: now.up)
                // What is pressed next would be for less than what the cursor was on.
                if let group, mapState.groupLine == nil {
                    let name = group.node.place.name.sanitizedForDisplay(maxColumns: 40)
                    notice = "the line for all calls to \(name) is gone: the cursor is on one of them"
                }
                return []
            }
        } while current.count <= Self.surveyStep
        mapState.survey = current
        return [.goOn]
    }

    // MARK: - Keys

    /// Goes to the next line where a cascade began or may have begun, or to the one before; round the ends. What has a line
    /// for all of its calls is visited there: who is on one of them would take it for the whole.
    mutating func visitCause(by step: Int) {
        let lines = mapState.lines
        let index = mapState.list.index
        let grouped = lines.prefix { $0.group != nil }.reduce(into: Set()) { $0.formUnion($1.group?.calls ?? []) }
        for distance in 1...max(1, lines.count) {
            let place = ((index + step * distance) % max(1, lines.count) + lines.count) % max(1, lines.count)
            guard lines.indices.contains(place), isBeginning(lines[place], grouped) else { continue }
            return mapState.list.point(at: place)
        }
        notice = "no call is seen to fail, so nothing is a root"
    }

    private func isBeginning(_ line: MapLine, _ grouped: Set<DependencyMap.EdgeKey>) -> Bool {
        if line.group != nil { return true }
        guard let key = line.edge?.key, !grouped.contains(key), let cause = mapState.causes[key] else { return false }
        return mapState.picture?.cascade.findings[cause].isBeginning ?? false
    }

    /// Enter: the worst circuit of the calls under the cursor; on a service's own line, its circuits.
    mutating func enterMap() -> [Effect] {
        switch mapState.list.selected {
        case nil: notice = "nothing is on the map yet"
        case .root(.service(let service)): return showCircuits(of: service)
        case .root(.unknown): notice = "nothing is known of it"
        case .call, .cause:
            let line = mapState.lines.first { MapState.Place($0) == mapState.list.selected }
            guard let circuit = line?.edge?.worstCircuit, fleet.circuit(circuit) != nil else {
                notice = "that circuit is gone"
                return []
            }
            return visit(circuit, on: .circuit)
        }
        return []
    }

    /// Goes to the circuits of a service, and shows only those.
    mutating func showCircuits(of service: String) -> [Effect] {
        let name = service.filter { $0 != "\"" }
        do {
            table.filter = try CircuitQuery("service=\"\(name)\"")
        } catch {
            notice = "cannot show its circuits: \(error.description)".sanitizedForDisplay()
            return []
        }
        table.isFaultsOnly = false
        show(.circuits)
        notice = "only the circuits of \(service.sanitizedForDisplay(maxColumns: 40)); \\ or Esc shows all again"
        return surveyAnew()
    }
}
