// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A process as the monitor tells it apart: a new boot is another process of the same instance.
package struct InstanceKey: Sendable, Hashable, Comparable {
    package var service: String
    package var instance: String
    package var boot: String

    package init(service: String, instance: String, boot: String) {
        self.service = service
        self.instance = instance
        self.boot = boot
    }

    package init(_ identity: ServiceIdentity) {
        self.init(service: identity.service, instance: identity.instance, boot: identity.boot)
    }

    /// Whether both are boots of one instance.
    package func isSameInstance(as other: InstanceKey) -> Bool {
        service == other.service && instance == other.instance
    }

    package static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        (left.service, left.instance, left.boot) < (right.service, right.instance, right.boot)
    }
}

/// A row of the fleet: one circuit of one boot of one instance.
package struct CircuitKey: Sendable, Hashable, Comparable {
    package var instance: InstanceKey
    package var id: Int64
    package var name: String

    package init(instance: InstanceKey, id: Int64, name: String) {
        self.instance = instance
        self.id = id
        self.name = name
    }

    /// Whether both are the same circuit to an operator, though perhaps of different boots.
    package func isSameCircuit(as other: CircuitKey) -> Bool {
        name == other.name && instance.isSameInstance(as: other.instance)
    }

    package static func < (left: CircuitKey, right: CircuitKey) -> Bool {
        (left.instance.service, left.name, left.instance.instance, left.instance.boot, left.id)
            < (right.instance.service, right.name, right.instance.instance, right.instance.boot, right.id)
    }
}
