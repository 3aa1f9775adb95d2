// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import FoundationEssentials

/// Sends an order to circuits: the services beside each other, the circuits of one service one after another and no
/// faster than it takes commands.
struct Delivery: Sendable {
    let order: Order
    let snapshot: Snapshot

    /// Services take 20 commands at once and 20 a second from one user; somebody else may be at work in the same name.
    private static let atOnce = 15
    private static let pause: Duration = .milliseconds(60)
    /// How often a service that is busy with others' commands is asked again, a second apart.
    private static let maximumTries = 5
    /// How long an accepted command may take to show.
    private static let readBackTime: Duration = .seconds(2)

    /// Does it and tells each result as it comes.
    /// - Returns: the results by name.
    func perform(
        on circuits: [CircuitView], telling tell: @escaping @Sendable (ActionResult) -> Void
    ) async -> [ActionResult] {
        let services = Dictionary(grouping: circuits, by: \.identity.boot)
        return await withTaskGroup(of: [ActionResult].self) { group in
            for circuits in services.values {
                group.addTask { await perform(inOrderOn: circuits, tell) }
            }
            return await group.reduce(into: []) { $0 += $1 }.sorted { ($0.name, $0.service) < ($1.name, $1.service) }
        }
    }

    private func perform(
        inOrderOn circuits: [CircuitView], _ tell: @escaping @Sendable (ActionResult) -> Void
    ) async -> [ActionResult] {
        await withTaskGroup(of: ActionResult.self) { group in
            var isAnswering = true
            for (index, circuit) in circuits.enumerated() {
                if index >= Self.atOnce { try? await Task.sleep(for: Self.pause) }
                let (outcome, latency) = isAnswering ? await send(to: circuit) : (.failure(Self.notSent), nil)
                if case .failure(let error) = outcome { isAnswering = isAnswering && error.isFromService }
                group.addTask {
                    var result = ActionResult(circuit, order.action, outcome, latency: latency)
                    if case .success(let seq) = outcome { await readBack(&result, circuit, seq) }
                    // No event is known that would prove it: only an effect that did not show before says anything.
                    if result.outcome == .unknown, !order.isReadBack(in: circuit, before: circuit, seq: .max) {
                        await readBack(&result, circuit, .max)
                    }
                    tell(result)
                    return result
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static let notSent = CommandError(
        .notConnected, "not sent, since its service did not answer to the one before")

    private func send(to circuit: CircuitView) async -> (Result<Int64, CommandError>, Milliseconds?) {
        var tries = 1
        while true {
            let start = ContinuousClock.now
            // A new id each time: what was refused was surely not done.
            let command = order.command(for: circuit, id: UUID().uuidString.lowercased())
            let result = await snapshot.feed.perform(command)
            guard case .failure(let error) = result.outcome, error.code == .rateLimited, tries < Self.maximumTries
            else { return (result.outcome, start.duration(to: .now).milliseconds) }
            tries += 1
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Waits for the effect to show.
    private func readBack(_ result: inout ActionResult, _ before: CircuitView, _ seq: Int64) async {
        let start = ContinuousClock.now
        repeat {
            guard let now = await snapshot.circuit(before.key) else { break }
            result.standing = now.standing.word
            result.read_back = order.isReadBack(in: now, before: before, seq: seq)
            if result.read_back == true { return }
            try? await Task.sleep(for: .milliseconds(10))
        } while start.duration(to: .now) < Self.readBackTime && !Task.isCancelled
        result.read_back = false
    }
}

extension CommandError {
    /// Whether it is an answer, not the lack of one.
    fileprivate var isFromService: Bool { code != .notConnected && code != .noAnswer }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Milliseconds { Milliseconds(self / .milliseconds(1)) }
}
