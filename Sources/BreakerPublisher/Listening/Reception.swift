// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Logging

/// Takes the monitors in that arrive at one place, and turns away those for whom there is none.
struct Reception: Sendable {
    let place: OpenPlace
    let hub: Hub
    let desk: CommandDesk
    let logger: Logger

    /// How long the turning away of further monitors is not logged, in milliseconds: there may be many.
    private static let pause: Milliseconds = 10_000

    /// Receives until the task is cancelled; then no new monitor comes in and each one hears `bye`.
    func run(_ listener: BreakerSockets.Listener) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var logged: Milliseconds?
            for try await incoming in listener {
                let start = hub.now
                let principal = Principal(incoming.peer, operators: hub.configuration.operators, names: hub.names)
                let client = Seats.Client(incoming.peer, isOperator: principal.role == .operator)
                let news = Doorbell()
                if let refusal = hub.join(client, isOperator: principal.role == .operator, news) {
                    await incoming.turnAway(saying: Self.words(of: refusal))
                    if logged.map({ start - $0 >= Self.pause }) ?? true {
                        logged = start
                        logger.warning(
                            "monitors are turned away",
                            metadata: ["peer": "\(principal.name)", "reason": "\(refusal.message)"])
                    }
                    continue
                }
                group.addTask {
                    await Conversation.hold(incoming, since: start, news: news, hub: hub, desk: desk, logger: logger)
                    hub.leave(client, news)
                }
            }
            guard Task.isCancelled else { throw SocketError(.closed, "\(listener.endpoint) does not listen any more") }
            // No new monitor is to find a service that says goodbye.
            place.hide()
            group.cancelAll()
        }
    }

    private static func words(of refusal: Seats.Refusal) -> [UInt8] {
        var line: [UInt8] = []
        let error = ErrorMessage(code: "too_many_connections", message: refusal.message)
        MessageEncoder().append(.error(error), to: &line)
        return line
    }
}
