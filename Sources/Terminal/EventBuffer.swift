// SPDX-License-Identifier: Apache-2.0
package import Canvas

/// An event and when it was read from the terminal: what a key means may depend on what was on the screen then.
package struct TimedEvent: Sendable {
    package let event: InputEvent
    package let readAt: ContinuousClock.Instant
}

/// The events that the program has not taken yet: bounded, and what matters least is dropped first.
///
/// Of what only says how things are now (size, focus, signal, end) the newest is kept, always. When it is full of the
/// rest, the oldest mouse movement or wheel step goes, and without one the new event: keys typed ahead keep their order
/// and their beginning.
struct EventBuffer {
    static let capacity = 1_024
    /// Pastes are up to 64 KiB each: a few are enough.
    static let maximumPastes = 4

    private var events: [TimedEvent] = []
    private var head = 0

    var isEmpty: Bool { head == events.count }
    var count: Int { events.count - head }

    mutating func append(_ event: InputEvent, readAt: ContinuousClock.Instant = .now) {
        let timed = TimedEvent(event: event, readAt: readAt)
        if let kind = event.stateKind {
            if let index = events[head...].firstIndex(where: { $0.event.stateKind == kind }) {
                events.remove(at: index)
            }
            return events.append(timed)
        }
        if event.isDrag, !isEmpty, events.last?.event.isDrag == true {
            return events[events.count - 1] = timed
        }
        if event.isPaste, events[head...].count(where: \.event.isPaste) >= Self.maximumPastes { return }
        if count >= Self.capacity {
            guard let index = events[head...].firstIndex(where: \.event.isMovement) else { return }
            events.remove(at: index)
        }
        events.append(timed)
    }

    mutating func popFirst() -> TimedEvent? {
        guard !isEmpty else { return nil }
        let event = events[head]
        head += 1
        if head == events.count || head > 256 {
            events.removeFirst(head)
            head = 0
        }
        return event
    }
}

extension InputEvent {
    /// The same for events of which the newer one makes the older one void; nil if each counts.
    fileprivate var stateKind: Int? {
        switch self {
        case .resize: 0
        case .focus: 1
        case .resumed: 2
        case .endOfInput: 3
        case .terminate(let signal): 4 + Int(signal)
        case .key, .mouse, .paste: nil
        }
    }

    fileprivate var isMovement: Bool {
        if case .mouse(let mouse) = self { mouse.action != .press && mouse.action != .release } else { false }
    }

    fileprivate var isDrag: Bool {
        if case .mouse(let mouse) = self { mouse.action == .drag } else { false }
    }

    fileprivate var isPaste: Bool {
        if case .paste = self { true } else { false }
    }
}
