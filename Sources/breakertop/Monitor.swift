// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Dashboard
import Fleet
import Terminal

/// Runs feed, clock, keys and what was beside each other until the operator leaves.
struct Monitor {
    /// Where facts come from; `nil` = a recording is replayed.
    let feed: (any Feed)?
    let past: any Past
    let screen: MonitorScreen

    /// How often time goes by on the screen; while a recording plays that is how often the next moment comes.
    var tick: Duration { feed == nil ? .milliseconds(100) : .milliseconds(250) }

    /// - Returns: the exit status.
    func run(_ events: TerminalEvents) async -> Int32 {
        // The first picture waits for nobody.
        let first = await screen.tick()
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask(executorPreference: screen.facts) {
                await follow()
                return nil
            }
            group.addTask(executorPreference: screen.facts) {
                await keepTime(beginningWith: first)
                return nil
            }
            group.addTask {
                // One at a time, so that the last wish is the one that services are left with.
                for await circuits in screen.details { await feed?.detail(circuits) }
                return nil
            }
            group.addTask {
                await past.run { message in await tell(message) }
                return nil
            }
            // Before the facts that wait for their turn at the screen: with many services that is a long queue.
            group.addTask(executorPreference: screen.keys) {
                await screen.obey(events) { effect in await perform(effect) }
            }
            for await status in group {
                guard let status else { continue }
                group.cancelAll()
                return status
            }
            return 0
        }
    }

    private func follow() async {
        guard let feed else { return }
        do {
            try await feed.run { observation in await screen.observe(observation) }
        } catch is CancellationError {
            return
        } catch {
            _ = await screen.take(.problem("\(error)"))
        }
    }

    private func keepTime(beginningWith first: [Dashboard.Effect]) async {
        await withTicks(every: tick) { bell in
            await withDiscardingTaskGroup { deeds in
                var effects = first
                while !Task.isCancelled {
                    for effect in effects {
                        // On its way it waits behind no fact; beside the next ticks, since much of it takes longer.
                        deeds.addTask(executorPreference: effect == .goOn ? nil : globalConcurrentExecutor) {
                            await perform(effect)
                        }
                    }
                    await bell.wait()
                    effects = await screen.tick()
                }
            }
        }
    }

    private func tell(_ message: Dashboard.Message) async {
        for effect in await screen.take(message) { await perform(effect) }
    }

    /// Does what the screen asks for, and what it asks for then, one after the other: while a recording plays that has no
    /// end.
    private func perform(_ effect: Dashboard.Effect) async {
        var asked = [effect]
        while !asked.isEmpty {
            guard let message = await answer(to: asked.removeFirst()) else { continue }
            asked += await screen.take(message)
        }
    }

    private func answer(to effect: Dashboard.Effect) async -> Dashboard.Message? {
        switch effect {
        case .send(let command): return if let feed { .answer(await feed.perform(command)) } else { nil }
        case .goOn:
            await screen.goOn()
            return nil
        case .travel, .keep, .record, .save: return await past.perform(effect)
        // Those are the screen's own.
        case .quit, .repaint, .detail: return nil
        }
    }
}
