// SPDX-License-Identifier: Apache-2.0

import Resilience

/// The shop's circuits all look alike: they open at a failure ratio of 0.6, stay open for 4 s, and close after 3 probe
/// calls.
struct Circuits: Sendable {
    let registry: Registry

    /// - Parameter state: the folder in which overrides are kept over a restart; without one they end with the process.
    init(_ service: ServiceName, state: String?) {
        let keeping = state.map { folder in
            OverrideKeeping.kept(in: "\(folder)/\(service.rawValue)-1.overrides.json") { sentence in
                Log.line(service.rawValue, sentence)
            }
        }
        registry = Registry(
            service: service.rawValue, instance: "\(service.rawValue)-1", environment: "demo", version: "1.0",
            overrides: keeping ?? .untilRestart)
        registry.onEvent { [registry] event in
            guard let text = event.kind.line else { return }
            let name = event.circuit.flatMap { registry.circuit(id: $0)?.name } ?? "?"
            Log.line(service.rawValue, "circuit \(name) \(text)")
        }
    }

    func circuit(
        _ name: String, _ service: ServiceName, _ endpoint: String, attempts: Int = 2,
        timeout: Duration = .milliseconds(300)
    ) -> Circuit {
        registry.circuit(
            name,
            target: .init(service: service.rawValue, endpoint: endpoint),
            breaker: .init(
                rule: .failureRatio(0.6, minimumCalls: 5, window: .seconds(10)),
                openFor: .seconds(4),
                probeLimit: 3,
                probeNeed: 3,
                classify: { error in
                    error is CancellationError || (error as? BackendError)?.isOurFault == true ? .ignored : .failure
                }
            ),
            retry: .init(attempts: attempts, backoff: .exponential(first: .milliseconds(40)), jitter: .full),
            timeout: timeout
        )
    }
}

extension Event.Kind {
    /// The log's words for what changes a circuit; `nil` for the rest.
    fileprivate var line: String? {
        switch self {
        case .state(let change):
            let why = change.trip.map { trip in
                let counts = trip.calls.map { " \(trip.failed ?? 0)/\($0) failed" } ?? ""
                let error = trip.errors.first.map { "; last: \($0.message)" } ?? ""
                return "\(trip.rule)\(counts)\(error)"
            }
            return "\(change.from.rawValue) → \(change.to.rawValue) (\(why ?? change.cause.rawValue))"
        case .override(let change):
            let slot = change.to
            let who = [slot.principal, slot.claimed, slot.reason].filter { !$0.isEmpty }.joined(separator: ", ")
            return
                "override \(change.from.rawValue) → \(slot.mode.rawValue) (\(who.isEmpty ? change.cause.rawValue : who))"
        default:
            return nil
        }
    }
}
