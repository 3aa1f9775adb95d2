// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A process as it stands at one moment: what holds for all of its circuits alike.
///
/// A class, because every view of a circuit carries it: that is one reference instead of a copy.
package final class InstanceView: Sendable {
    package let key: InstanceKey
    package let identity: ServiceIdentity
    /// Whether what is known of it holds now.
    package let isFresh: Bool
    /// Whether it said goodbye, and has not come back.
    package let isStopped: Bool
    /// Whether another live process has the same service and instance name.
    package let hasTwin: Bool
    /// Whether its service takes commands from this monitor.
    package let mayOperate: Bool
    /// What its service can do when asked, by wire names.
    package let actions: [String]
    /// The service's monotonic clock as it must stand now; `nil` before the first sample.
    package let up: Milliseconds?
    /// How long nothing was heard.
    package let silence: Milliseconds
    /// The service's wall clock of an instant of its monotonic clock.
    package let clock: TelemetryInstant?
    /// Whether another process was seen in its place before.
    let isSuccessor: Bool
    /// What held in the process before, by the circuit's name.
    let formerOverrides: [String: FormerOverride]

    init(_ instance: Instance, source: Source?, hasTwin: Bool, at now: Milliseconds) {
        let key = instance.key
        self.key = key
        identity = instance.identity
        isFresh = instance.lostAt == nil && source?.isFresh(at: now) ?? false
        isStopped = instance.isStopped && instance.lostAt != nil
        self.hasTwin = hasTwin && instance.lostAt == nil
        mayOperate = source?.mayOperate ?? false
        actions = source?.actions ?? []
        up = instance.up(at: now)
        let heard = max(source?.instance == key ? source?.lastHeard ?? 0 : 0, instance.clockAt)
        silence = max(0, now.saturatingDifference(heard))
        clock = instance.clock
        formerOverrides = instance.formerOverrides
        isSuccessor = instance.isSuccessor
    }
}

extension FleetModel {
    func view(of instance: Instance) -> InstanceView {
        InstanceView(instance, source: sources[instance.source], hasTwin: hasTwin(instance.key), at: now.up)
    }

    /// Whether several live processes have this service and instance name.
    private func hasTwin(_ key: InstanceKey) -> Bool {
        guard let all = boots[InstanceName(key)], all.count > 1 else { return false }
        return all.contains { $0 != key && instances[$0]?.lostAt == nil }
    }
}

extension FleetModel {
    /// Whether another live process has taken the place of this one.
    package func isReplaced(_ key: InstanceKey) -> Bool {
        let isGone = instances[key].map { $0.lostAt != nil } ?? true
        return isGone && boots[InstanceName(key), default: []].contains { $0 != key && instances[$0]?.lostAt == nil }
    }

    /// The same circuit in the process that is there now, or itself as long as it is there, or known no better.
    package func heir(of key: CircuitKey) -> CircuitKey {
        if instances[key.instance]?.circuits[key.id] != nil { return key }
        return newest(key.name, of: key.instance) ?? key
    }

    /// The circuit of a name in the last process of an instance that has it.
    package func newest(_ circuit: String, of process: InstanceKey) -> CircuitKey? {
        boots[InstanceName(process), default: []].reversed().lazy
            .compactMap { instances[$0]?.circuit(named: circuit)?.value.key }.first
    }
}

/// What two boots of one instance have in common.
struct InstanceName: Sendable, Hashable {
    let service: String
    let instance: String

    init(_ key: InstanceKey) {
        service = key.service
        instance = key.instance
    }
}
