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

    init(_ terminal: Terminal, clock: MonitorClock, configuration: Dashboard.Configuration) {
        self.terminal = terminal
        self.clock = clock
        dashboard = Dashboard(size: terminal.size, configuration: configuration)
    }

    /// Takes news of the sources.
    func observe(_ observation: Observation) {
        _ = dashboard.update(.observation(observation), at: clock.now())
    }

    /// Takes what happened at the terminal or came of a command, and shows it.
    func take(_ message: Dashboard.Message) -> [Dashboard.Effect] {
        let effects = dashboard.update(message, at: clock.now())
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
    func tick() async {
        let cost = terminal.statistics
        _ = dashboard.update(.cost(TerminalCost(frames: cost.frames, bytes: cost.bytes)), at: clock.now())
        let effects = dashboard.update(.tick, at: clock.now())
        terminal.present(dashboard.view())
        if effects.contains(.goOn) { await goOn() }
    }

    /// Goes on with what takes longer than a key may wait, step by step: whoever waits for a turn comes first.
    func goOn() async {
        guard !isGoingOn else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        repeat { await Task.yield() } while dashboard.update(.goOn, at: clock.now()).contains(.goOn)
        terminal.present(dashboard.view())
    }
}
