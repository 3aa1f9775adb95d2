// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Synchronization

/// Keeps the events that it is given: hand its ``record`` to `onEvent`.
public final class EventRecorder: Sendable {
    private let kept = Mutex<[Event]>([])

    /// Creates an empty recorder.
    public init() {}

    /// Keeps an event.
    @Sendable public func record(_ event: Event) {
        kept.withLock { $0.append(event) }
    }

    /// The events so far, in the order of their coming.
    public var events: [Event] { kept.withLock { $0 } }

    /// The changes of state among them.
    public var stateChanges: [StateChange] {
        events.compactMap { event in
            if case .state(let change) = event.kind { change } else { nil }
        }
    }
}
