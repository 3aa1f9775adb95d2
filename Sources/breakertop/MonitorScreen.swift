// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Dashboard
import Feeds
import Fleet
import Terminal

/// Holds the dashboard and shows it. Whoever brings news waits here for its turn, so that a flood waits in its socket;
/// keys are drawn at once, news with the next tick.
actor MonitorScreen {
    private var dashboard: Dashboard
    private let terminal: Terminal
    private let clock: MonitorClock
    private var isGoingOn = false
    /// Of which circuits histograms are wanted; only the newest wish matters.
    nonisolated let details: AsyncStream<[DetailedCircuit]>
    private let wishes: AsyncStream<[DetailedCircuit]>.Continuation

    init(_ terminal: Terminal, clock: MonitorClock, configuration: Dashboard.Configuration) {
        self.terminal = terminal
        self.clock = clock
        (details, wishes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        dashboard = Dashboard(size: terminal.size, configuration: configuration)
    }

    /// Whatever happens may bring another circuit into sight: what is wished then goes its own way, in order.
    private func update(_ message: Dashboard.Message) -> [Dashboard.Effect] {
        dashboard.update(message, at: clock.now()).filter { effect in
            guard case .detail(let circuits) = effect else { return true }
            wishes.yield(circuits)
            return false
        }
    }

    /// Takes news of the sources.
    func observe(_ observation: Observation) {
        _ = update(.observation(observation))
    }

    /// Takes what happened at the terminal or came of a command, and shows it.
    func take(_ message: Dashboard.Message) -> [Dashboard.Effect] {
        let effects = update(message)
        terminal.present(dashboard.view())
        return effects
    }

    /// Draws everything anew, for when something else wrote on the screen.
    func repaint() { terminal.repaint() }

    /// Takes an event of the terminal, dated by when it was read there.
    func take(_ timed: TimedEvent) -> [Dashboard.Effect] {
        let age = timed.readAt.duration(to: .now) / .milliseconds(1)
        return take(.input(timed.event, readAt: clock.now().up - Milliseconds(max(0, age))))
    }

    /// Lets time go by and shows what changed; an unchanged screen writes nothing.
    ///
    /// - Returns: what is to be done outside.
    func tick() -> [Dashboard.Effect] {
        let cost = terminal.statistics
        _ = update(.cost(TerminalCost(frames: cost.frames, bytes: cost.bytes)))
        let effects = update(.tick)
        terminal.present(dashboard.view())
        return effects
    }

    /// Goes on with what takes longer than a key may wait, step by step: whoever waits for a turn comes first.
    func goOn() async {
        guard !isGoingOn else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        repeat { await Task.yield() } while update(.goOn).contains(.goOn)
        terminal.present(dashboard.view())
    }
}
