// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What a fleet of services says in each second: counters that rise by chance, and now and then a circuit that opens.
struct Traffic {
    let circuits: Int
    let activePercent: Int
    /// How many rows there were so far.
    private(set) var rows = 0
    private static let perService = 50

    private var services: [[CircuitRow]]
    private var sequence: [Int64]

    init(circuits: Int, activePercent: Int) {
        (self.circuits, self.activePercent) = (circuits, activePercent)
        services = (0..<max(1, circuits / Self.perService)).map { _ in
            (1...Self.perService).map { id in
                var row = CircuitRow(id: Int64(id))
                row.state = .closed
                row.overrideMode = OverrideMode.none
                for field in Field.allCases where field != .id && field != .state && field != .override {
                    row[field] = 0
                }
                return row
            }
        }
        sequence = services.map { _ in 0 }
    }

    mutating func facts(_ second: Int) -> [Observation] {
        services.indices.flatMap { service in
            let now = Milliseconds(second) * 1_000 + Milliseconds(service % 97) * 10
            let at = TelemetryInstant(t: 1_790_000_000_000 + now, up: 1_000 + now)
            return second == 0 ? greeting(service, at) : sample(service, second, at)
        }
    }

    private func observe(_ service: Int, _ at: TelemetryInstant, _ fact: Observation.Fact, bytes: Int = 0)
        -> Observation
    {
        Observation(source: SourceID("unix:/run/breakertop/s\(service).sock"), at: at, fact: fact, bytes: bytes)
    }

    private func greeting(_ service: Int, _ at: TelemetryInstant) -> [Observation] {
        let number = String(service, radix: 16)
        let identity = ServiceIdentity(
            service: "service-\(service)", instance: "service-\(service)-7d9f8b6c5d-x2k4v",
            boot: String(repeating: "0", count: 16 - number.count) + number, pid: 4_000 + Int64(service))
        let descriptions = services[service].map { row in
            observe(
                service, at,
                .circuit(
                    CircuitDescription(
                        id: row.id, name: "client-\(row.id).request",
                        target: CircuitTarget(service: "service-\(row.id)", endpoint: "https://service-\(row.id)/api"),
                        rule: RuleDescription(
                            name: RuleDescription.failureRatio, threshold: 500, minimumCalls: 20, window: 10_000),
                        openTime: 5_000, probeLimit: 1, probeNeed: 3)), bytes: 400)
        }
        let sample = ProviderSample(at: at, seq: 0, rows: services[service])
        return [
            observe(service, at, .source(.connecting)), observe(service, at, .source(.greeted(identity, actions: []))),
            observe(service, at, .source(.subscribed(interval: 1_000, mayOperate: true))),
        ] + descriptions + [
            observe(service, at, .sample(sample, isEnd: true), bytes: 6_000), observe(service, at, .source(.ready)),
        ]
    }

    private mutating func sample(_ service: Int, _ second: Int, _ at: TelemetryInstant) -> [Observation] {
        var changed: [CircuitRow] = []
        for index in services[service].indices where index * 100 < activePercent * Self.perService {
            let calls = Int64.random(in: 5...40)
            services[service][index][.calls]? += calls
            services[service][index][.failed]? += calls / 20
            services[service][index][.retries]? += calls / 15
            services[service][index][.windowCalls] = calls * 10
            services[service][index][.windowFailed] = calls / 2
            changed.append(services[service][index])
        }
        rows += changed.count
        let sample = ProviderSample(at: at, seq: sequence[service], rows: changed)
        var facts = [observe(service, at, .sample(sample, isEnd: true), bytes: 100 * changed.count)]
        if Int.random(in: 0..<120) == 0 { facts.append(transition(service, at)) }
        return facts
    }

    private mutating func transition(_ service: Int, _ at: TelemetryInstant) -> Observation {
        sequence[service] += 1
        let trip = Trip(
            at: at.up, rule: RuleDescription.failureRatio, calls: 120, failed: 74, threshold: 500,
            errors: [TripError(type: "HTTPError", message: "503 Service Unavailable", count: 16)])
        let change = StateChange(
            from: .closed, to: .open, generation: sequence[service], cause: .rule, trip: trip)
        return observe(
            service, at,
            .event(Event(at: at, seq: sequence[service], circuit: 1, kind: .state(change)), replayed: false),
            bytes: 300)
    }
}
