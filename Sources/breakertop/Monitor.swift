// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Dashboard
import Fleet
import Terminal

/// Runs feed, clock and keys beside each other until the operator leaves.
struct Monitor {
    let feed: any Feed
    let screen: MonitorScreen

    /// How often time goes by on the screen.
    static let tick: Duration = .milliseconds(250)

    /// - Returns: the exit status.
    func run(_ events: TerminalEvents) async -> Int32 {
        // The first picture waits for nobody.
        _ = await screen.tick()
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask(executorPreference: screen.facts) {
                await follow()
                return nil
            }
            group.addTask(executorPreference: screen.facts) {
                await keepTime()
                return nil
            }
            group.addTask {
                // One at a time, so that the last wish is the one that services are left with.
                for await circuits in screen.details { await feed.detail(circuits) }
                return nil
            }
            // Before the facts that wait for their turn at the screen: with many services that is a long queue.
            group.addTask(executorPreference: screen.keys) {
                await screen.obey(events) { command in await perform(command) }
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
        do {
            try await feed.run { observation in await screen.observe(observation) }
        } catch is CancellationError {
            return
        } catch {
            _ = await screen.take(.problem("\(error)"))
        }
    }

    private func keepTime() async {
        await withTicks(every: Self.tick) { bell in
            await withDiscardingTaskGroup { commands in
                while !Task.isCancelled {
                    for effect in await screen.tick() {
                        switch effect {
                        // An order to many goes out no faster than services take it: the rest of it comes with the ticks.
                        case .send(let command):
                            // On its way it waits behind no fact.
                            commands.addTask(executorPreference: globalConcurrentExecutor) { await perform(command) }
                        // Beside the next ticks: a round through very many circuits takes longer.
                        case .goOn: commands.addTask { await screen.goOn() }
                        case .quit, .repaint, .detail: break
                        }
                    }
                    await bell.wait()
                }
            }
        }
    }

    private func perform(_ command: Command) async { _ = await screen.take(.answer(await feed.perform(command))) }
}
