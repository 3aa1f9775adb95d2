// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The line budgets of clients, each shared by all connections of one: else coming again would bring a new burst.
struct LineBudgets: Sendable {
    /// The most clients that are told apart; those beyond share one budget.
    static let maximumClients = 256

    private var budgets = BoundedTable<Seats.Client, LineBudget>(maximumCount: Self.maximumClients, shared: .unknown)

    /// How many clients are remembered.
    var count: Int { budgets.count }

    /// - Returns: how long the client should wait before it asks more, in milliseconds.
    mutating func pay(_ tokens: Int64, by client: Seats.Client, now: Milliseconds) -> Milliseconds {
        budgets.update(client, initial: LineBudget(now: now), isIdle: { $0.isFull(at: now) }) { budget in
            budget.pay(tokens, now: now)
            return budget.pause
        }
    }
}
