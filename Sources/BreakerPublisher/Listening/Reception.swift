// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Logging

/// Takes the monitors in that arrive at one place.
struct Reception: Sendable {
    let place: OpenPlace
    let hub: Hub
    let desk: CommandDesk
    let logger: Logger

    /// Receives until the task is cancelled; then no new monitor comes in and each one hears `bye`.
    func run(_ listener: BreakerSockets.Listener) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await incoming in listener {
                let start = hub.now
                let principal = principal(of: incoming.peer)
                let client = Seats.Client(incoming.peer, isOperator: principal.role == .operator)
                let (number, hasEvicted) = hub.admit(client) { incoming.cut() }
                if hasEvicted { tellOfCrowd("others that have not subscribed are closed for it", principal) }
                group.addTask {
                    await Conversation.hold(incoming, number: number, since: start, at: self)
                    hub.leave(number)
                }
            }
            guard Task.isCancelled else { throw SocketError(.closed, "\(listener.endpoint) does not listen any more") }
            // No new monitor is to find a service that says goodbye.
            place.hide()
            group.cancelAll()
        }
    }

    /// Who that is at this place and at this moment.
    func principal(of peer: Peer?) -> Principal {
        Principal(
            peer, operators: hub.configuration.operators, certificates: place.operators, names: hub.names,
            now: hub.instant.t)
    }

    /// Gives a connection that subscribes a seat, or says why there is none.
    func seat(_ number: Seats.Number, _ peer: Peer?, _ doorbell: Doorbell) -> Seats.Refusal? {
        let principal = principal(of: peer)
        let isOperator = principal.role == .operator
        let client = Seats.Client(peer, isOperator: isOperator)
        let refusal = hub.join(number, client, isOperator: isOperator, doorbell)
        if let refusal { tellOfCrowd(refusal.message, principal) }
        return refusal
    }

    private func tellOfCrowd(_ reason: String, _ principal: Principal) {
        guard hub.shouldTellOfCrowd() else { return }
        logger.warning(
            "monitors are turned away", metadata: ["peer": "\(principal.name)", "reason": "\(reason)"])
    }
}
