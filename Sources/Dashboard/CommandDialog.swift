// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// Asks before a command goes out. Cancel is the default; keys queued before it opened, a held key and pasted text never confirm.
package struct CommandDialog: Sendable {
    /// Where typing goes.
    package enum Focus: Int, Sendable, CaseIterable {
        case lifetime, reason, cancel, confirm
    }

    /// What a key led to.
    package enum Outcome: Sendable, Hashable {
        case open
        case cancelled
        case confirmed(lifetime: Command.Lifetime?, reason: String)
    }

    package let action: CommandAction
    package let target: CircuitKey
    /// The override as the operator saw it when the dialog opened: a change behind their back refuses the command.
    package let seenRevision: Int64?
    package private(set) var focus = Focus.cancel
    package private(set) var lifetime = TextField("10 min", maximum: 20)
    package private(set) var reason = TextField(maximum: Command.maximumTextLength)
    /// What is wrong with what was typed.
    package private(set) var problem: String?

    private var isLifetimeEdited = false
    private let openedAt: Milliseconds
    /// When Enter was last pressed, whatever came of it.
    private var lastEnter: Milliseconds?
    /// What was typed before a person can have read the dialog was not meant for it.
    static let settlingTime: Milliseconds = 400
    /// An Enter that follows another one faster than this may be a held key: keyboards wait up to 660 ms, then repeat.
    static let repeatTime: Milliseconds = 700

    package init(action: CommandAction, target: CircuitKey, seenRevision: Int64?, at now: Milliseconds) {
        self.action = action
        self.target = target
        self.seenRevision = seenRevision
        openedAt = now
    }

    /// The parts that can have the focus, in order.
    private var parts: [Focus] { action.isForce ? Focus.allCases : [.reason, .cancel, .confirm] }

    /// Pasted text goes into the field that has the focus, or into the reason; it never presses anything.
    package mutating func paste(_ text: String) {
        if focus == .lifetime {
            lifetime.insert(text)
        } else {
            focus = .reason
            reason.insert(text)
        }
    }

    /// Takes a key that was read at a moment of the monitor's monotonic clock, which may lie before the dialog opened.
    package mutating func handle(_ key: Key, at now: Milliseconds) -> Outcome {
        switch key {
        case .escape, .control("c"): return .cancelled
        case .tab, .down: move(by: 1)
        case .backTab, .up: move(by: -1)
        case .enter: return press(at: now)
        case .left where isOnButton, .right where isOnButton: focus = focus == .cancel ? .confirm : .cancel
        default: edit(key)
        }
        return .open
    }

    private var isOnButton: Bool { focus == .cancel || focus == .confirm }

    private mutating func move(by step: Int) {
        let index = parts.firstIndex(of: focus) ?? 0
        focus = parts[(index + step + parts.count) % parts.count]
    }

    private mutating func edit(_ key: Key) {
        problem = nil
        if focus == .lifetime {
            // The suggestion gives way to the first thing typed.
            if !isLifetimeEdited, case .character = key { lifetime = TextField(maximum: 20) }
            isLifetimeEdited = true
            _ = lifetime.handle(key)
        } else if case .character = key, isOnButton {
            focus = .reason
            _ = reason.handle(key)
        } else if focus == .reason {
            _ = reason.handle(key)
        }
    }

    private mutating func press(at now: Milliseconds) -> Outcome {
        let isRepeat = lastEnter.map { now.saturatingDifference($0) < Self.repeatTime } ?? false
        lastEnter = now
        switch focus {
        case .cancel: return .cancelled
        case .lifetime: focus = .reason
        case .reason: focus = .cancel
        case .confirm:
            let isSettled = now.saturatingDifference(openedAt) >= Self.settlingTime
            if isSettled && !isRepeat { return confirm() }
            problem = "that was quick: press Enter once more if you mean it"
        }
        return .open
    }

    private mutating func confirm() -> Outcome {
        guard action.isForce else { return .confirmed(lifetime: nil, reason: reason.text) }
        do throws(Command.Lifetime.ParseError) {
            return .confirmed(lifetime: try Command.Lifetime(text: lifetime.text), reason: reason.text)
        } catch {
            problem = error.description
            focus = .lifetime
            return .open
        }
    }
}

extension CommandAction {
    /// The action as a title or button.
    package var title: String {
        switch self {
        case .forceOpen: "Force open"
        case .forceClosed: "Force closed"
        case .clear: "Clear override"
        case .reset: "Reset"
        case .probe: "Probe now"
        }
    }
}
