// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Canvas
import Dashboard
import Feeds
import Fleet
import Terminal

/// Holds the dashboard and shows it. Whoever brings news waits here for its turn, so that a flood waits in its socket;
/// what keys do is drawn at once, what is urgent with the next tick, all else with the next second.
actor MonitorScreen {
    private var dashboard: Dashboard
    private let executor: ScreenExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    /// Where ``obey(_:perform:)`` runs.
    nonisolated let keys: ScreenTasks
    /// Where facts and time come from.
    nonisolated let facts: ScreenTasks
    private let terminal: Terminal
    private let clock: MonitorClock
    private var isGoingOn = false
    /// What the frame handed over last shows.
    private var shown: Dashboard.Glance?
    private var answeredAt = ContinuousClock.now
    /// Of which circuits histograms are wanted; only the newest wish matters.
    nonisolated let details: AsyncStream<[DetailedCircuit]>
    private let wishes: AsyncStream<[DetailedCircuit]>.Continuation

    /// How long the screen's thread may go on with one thing before it looks at the sockets.
    private static let longestTurn: Duration = .milliseconds(8)

    /// Who keeps what was observed lately; `nil` = nobody.
    private let past: LivePast?
    /// What was observed since it was last handed over.
    private var observed: [Observation] = []
    private var handedOverAt: Milliseconds = 0
    private var isTooLarge = false

    /// So many observations are handed over before their time.
    private static let manyObservations = 256
    /// The time from one hand-over to the next.
    private static let handOverTime: Milliseconds = 1_000

    init(
        _ terminal: Terminal, clock: MonitorClock, configuration: Dashboard.Configuration, past: LivePast? = nil
    ) {
        self.past = past
        self.terminal = terminal
        self.clock = clock
        executor = ScreenExecutor()
        keys = ScreenTasks(of: executor, areUrgent: true)
        facts = ScreenTasks(of: executor, areUrgent: false)
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
        guard past != nil, !isTooLarge else { return }
        observed.append(observation)
        if observed.count >= Self.manyObservations { handOver() }
    }

    /// Hands over what was observed, and with it what is known if that is wanted.
    private func handOver() {
        guard let past else { return }
        let now = clock.now()
        handedOverAt = now.up
        past.take(observed, past.isKeyframeWanted ? (dashboard.livingMoment, now.t - now.up) : nil)
        observed = []
    }

    /// The past of a fleet beyond all bounds is not kept.
    private func noticeSize() {
        let isLarge = dashboard.roster.totals.circuits > LivePast.maximumCircuits
        guard let past, isLarge != isTooLarge else { return }
        isTooLarge = isLarge
        observed = []
        if isLarge { past.abandon() }
    }

    /// Ends what is being written down.
    ///
    /// - Returns: why it could not be, in words.
    func finish() async -> String? {
        let now = clock.now()
        return await past?.finish(observed, (dashboard.livingMoment, now.t - now.up))
    }

    /// Takes what came of a command, and shows it; of many that come at once no more than the terminal shows frames. The
    /// next tick shows the rest.
    func take(_ message: Dashboard.Message) -> [Dashboard.Effect] {
        let effects = update(message)
        // Each second there is more of the past: on a live screen nobody sees that.
        if case .chronology = message {
            drawNews()
            return effects
        }
        let now = ContinuousClock.now
        guard now >= answeredAt + Terminal.frameInterval else { return effects }
        answeredAt = now
        draw()
        return effects
    }

    /// How the operator arranged the table.
    var arrangement: TableArrangement { dashboard.table.arrangement }

    private func draw(answering: Bool = false) {
        shown = dashboard.glance
        terminal.present(dashboard.view(), mark: dashboard.operations.edition, answering: answering)
    }

    /// Tells since when the dialog has been on the terminal.
    private func tellShown() {
        guard dashboard.operations.isUnseen, let shown = terminal.shown else { return }
        _ = update(.shown(edition: shown.mark, at: moment(of: shown.at)))
    }

    /// A moment of the past on the monitor's monotonic clock.
    private func moment(of instant: ContinuousClock.Instant) -> Milliseconds {
        clock.now().up - Milliseconds(max(0, instant.duration(to: .now) / .milliseconds(1)))
    }

    /// Draws only what somebody has to see.
    private func drawNews() { if shown != dashboard.glance { draw() } }

    /// Takes an event of the terminal, dated by when it was read there, and shows what it did. Of events that have piled up
    /// no more are shown than the terminal shows frames.
    private func take(_ timed: TimedEvent) -> [Dashboard.Effect] {
        tellShown()
        let now = ContinuousClock.now
        let effects = update(.input(timed.event, readAt: moment(of: timed.readAt)))
        guard !terminal.isMoreWaiting || now >= answeredAt + Terminal.frameInterval else { return effects }
        answeredAt = now
        draw(answering: true)
        return effects
    }

    /// Does what the operator asks for until that is to leave; returns the exit status. Commands go out beside each other, so
    /// that one slow service delays no key.
    func obey(_ events: TerminalEvents, perform: @escaping @Sendable (Dashboard.Effect) async -> Void) async -> Int32 {
        await withDiscardingTaskGroup(returning: Int32.self) { deeds in
            defer { deeds.cancelAll() }
            for await event in events {
                for effect in take(event) {
                    switch effect {
                    case .quit(let status): return status
                    case .repaint: terminal.repaint()
                    // Goes through the screen's own stream.
                    case .detail: break
                    // Not before the next key.
                    case .goOn: deeds.addTask(executorPreference: facts) { await self.goOn() }
                    case .send, .travel, .keep, .record, .save:
                        deeds.addTask(executorPreference: globalConcurrentExecutor) { await perform(effect) }
                    }
                }
            }
            return 129
        }
    }

    /// Lets time go by and shows what changed; an unchanged screen writes nothing.
    ///
    /// - Returns: what is to be done outside.
    func tick() -> [Dashboard.Effect] {
        tellShown()
        let cost = terminal.statistics
        _ = update(.cost(TerminalCost(frames: cost.frames, bytes: cost.bytes)))
        let effects = update(.tick)
        noticeSize()
        if let past, !isTooLarge, !observed.isEmpty || past.isKeyframeWanted,
            clock.now().up - handedOverAt >= Self.handOverTime
        {
            handOver()
        }
        drawNews()
        return effects
    }

    /// Goes on with what takes longer than a key may wait, step by step: whoever waits for a turn comes first.
    func goOn() async {
        guard !isGoingOn else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        var turned = ContinuousClock.now
        repeat {
            // Sockets are read on the same thread, but only when nothing waits there.
            if turned.duration(to: .now) > Self.longestTurn {
                await pause(for: .milliseconds(1))
                turned = .now
            } else {
                await Task.yield()
            }
        } while update(.goOn).contains(.goOn)
        drawNews()
    }
}
