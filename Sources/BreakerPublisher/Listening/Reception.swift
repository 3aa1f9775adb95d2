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
                let (number, hasEvicted) = hub.admit(client(of: incoming.peer)) { incoming.cut() }
                if hasEvicted { tellOfCrowd("others that have not subscribed are closed for it", incoming.peer) }
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

    /// For whom a connection counts at this place and at this moment.
    func client(of peer: Peer?) -> Seats.Client {
        Seats.Client(peer, isOperator: principal(of: peer).role == .operator)
    }

    /// Logs that somebody was turned away, unless that was told of its client often enough.
    func tellOfCrowd(_ reason: String, _ peer: Peer?) {
        guard let others = hub.shouldTell(.crowd, of: client(of: peer)) else { return }
        logger.warning("monitors are turned away", metadata: details(reason, peer, others))
    }

    /// Logs why a connection was not secured, unless that was told of its client often enough.
    func tell(of error: any Error, _ peer: Peer?) {
        // Who just connects and leaves is a health check or a scan, and nothing that failed.
        guard let error = error as? SocketError, error.code == .handshakeFailed || error.code == .timedOut,
            !Task.isCancelled, let others = hub.shouldTell(.handshake, of: client(of: peer))
        else { return }
        logger.notice("a monitor was refused in the TLS handshake", metadata: details(error.message, peer, others))
    }

    private func details(_ reason: String, _ peer: Peer?, _ others: Int) -> Logger.Metadata {
        var details: Logger.Metadata = ["peer": "\(principal(of: peer).name)", "reason": "\(reason)"]
        if others > 0 { details["others since the last"] = "\(others)" }
        return details
    }
}
