// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The line budgets of clients, each shared by all connections of one: else coming again would bring a new burst.
struct LineBudgets: Sendable {
    /// The most clients that are told apart; those beyond share one budget.
    static let maximumClients = 256

    // As unknown: those for whom there is no room.
    private var budgets: [Seats.Client: LineBudget] = [:]

    /// How many clients are remembered.
    var count: Int { budgets.count }

    /// - Returns: how long the client should wait before it asks more, in milliseconds.
    mutating func pay(_ tokens: Int64, by client: Seats.Client, now: Milliseconds) -> Milliseconds {
        let key = key(of: client, now: now)
        var budget = budgets[key] ?? LineBudget(now: now)
        defer { budgets[key] = budget }
        budget.pay(tokens, now: now)
        return budget.pause
    }

    private mutating func key(of client: Seats.Client, now: Milliseconds) -> Seats.Client {
        if budgets[client] != nil { return client }
        // A full one is as good as none.
        if budgets.count >= Self.maximumClients { budgets = budgets.filter { !$0.value.isFull(at: now) } }
        return budgets.count < Self.maximumClients ? client : .unknown
    }
}
