// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// One connection of the monitor: a fact like any other, so that nobody mistakes silence for health.
package struct Source: Sendable {
    package let id: SourceID
    package var phase: SourcePhase = .connecting
    /// Whether it was lost or stopped, and has not greeted since.
    package var isDown = false
    /// When it said goodbye, on the monitor's monotonic clock; `nil` = it has greeted since, or never did.
    var stoppedAt: Milliseconds?
    /// Which boot it speaks for, once it said so.
    package var instance: InstanceKey?
    /// What the service agreed to.
    package var interval: Milliseconds = 1_000
    package var mayOperate = false
    package var actions: [String] = []
    /// When anything was last heard, on the monitor's monotonic clock.
    package var lastHeard: Milliseconds
    /// The last complaint about something that this monitor sent.
    package var complaint: String?
    /// What it is; `nil` while the feed has not said.
    package var origin: SourceOrigin?
    package var health = SourceHealth()

    package init(id: SourceID, at now: Milliseconds) {
        self.id = id
        lastHeard = now
    }

    /// Silence beyond this makes what is known stale: 3 intervals, at least 2 s.
    package var staleAfter: Milliseconds {
        let (product, overflow) = interval.multipliedReportingOverflow(by: 3)
        return overflow ? .max : max(product, 2_000)
    }

    /// Whether it said goodbye not long ago. A source that is followed on and on is expected back: who stays away longer
    /// than his rows stay in sight is missing.
    package func isStopped(at now: Milliseconds) -> Bool {
        stoppedAt.map { now.saturatingDifference($0) <= FleetModel.stoppedRetention } ?? false
    }

    /// Whether what it told is what holds now.
    package func isFresh(at now: Milliseconds) -> Bool {
        phase == .ready && now.saturatingDifference(lastHeard) <= staleAfter
    }
}

extension Source {
    static let maximumActions = 64

    package mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try phase.exchange(with: &memento)
        try memento.exchange(&isDown)
        try memento.exchange(&stoppedAt)
        try memento.exchange(&instance, blank: InstanceKey(service: "", instance: "", boot: "")) {
            (key, memento) throws(MementoError) in
            try key.exchange(with: &memento)
        }
        try memento.exchange(&interval, in: 1...Milliseconds.max)
        try memento.exchange(&mayOperate)
        try memento.exchange(&actions, atMost: Self.maximumActions, blank: "") {
            (action, memento) throws(MementoError) in
            try memento.exchange(&action)
        }
        try memento.exchange(&lastHeard)
        try memento.exchange(&complaint)
        try memento.exchange(&origin, blank: SourceOrigin(kind: .unix)) { (origin, memento) throws(MementoError) in
            try origin.exchange(with: &memento)
        }
        try health.exchange(with: &memento)
    }
}

extension InstanceKey {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&service)
        try memento.exchange(&instance)
        try memento.exchange(&boot)
    }
}

extension SourcePhase {
    private var tag: Int64 {
        switch self {
        case .connecting: 0
        case .greeted: 1
        case .subscribed: 2
        case .ready: 3
        case .stopped: 4
        case .lost: 5
        case .removed: 6
        }
    }

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        var tag = tag
        try memento.exchange(&tag, in: 0...6)
        switch tag {
        case 1:
            var (identity, actions) = (ServiceIdentity.blank, [String]())
            if case .greeted(let known, let names) = self { (identity, actions) = (known, names) }
            try identity.exchange(with: &memento)
            try memento.exchange(&actions, atMost: Source.maximumActions, blank: "") {
                (action, memento) throws(MementoError) in
                try memento.exchange(&action)
            }
            self = .greeted(identity, actions: actions)
        case 2:
            var (interval, mayOperate): (Milliseconds, Bool) = (1_000, false)
            if case .subscribed(let known, let may) = self { (interval, mayOperate) = (known, may) }
            try memento.exchange(&interval)
            try memento.exchange(&mayOperate)
            self = .subscribed(interval: interval, mayOperate: mayOperate)
        case 3: self = .ready
        case 4, 5:
            var reason = ""
            switch self {
            case .stopped(let known), .lost(let known): reason = known
            default: break
            }
            try memento.exchange(&reason)
            self = tag == 4 ? .stopped(reason: reason) : .lost(reason: reason)
        case 6: self = .removed
        default: self = .connecting
        }
    }
}
