// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How many refused commands of each principal the log takes: 10 at once, one a second over time.
///
/// Anybody who may connect can be refused as often as he likes; what others did must stay readable meanwhile.
struct RefusalAllowances: Sendable {
    /// The most principals that are told apart; those beyond share one allowance.
    static let maximumPrincipals = 64

    private static let perSecond: Int64 = 1
    // No principal's name: the allowance that is shared.
    private static let others = ""

    private var byPrincipal: [String: EventAllowance] = [:]

    /// How many principals are remembered.
    var count: Int { byPrincipal.count }

    /// Whether a refusal may be logged now, and what is to be told before it.
    mutating func admits(
        _ kind: Event.Kind, of principal: String, at up: Milliseconds
    ) -> (isAdmitted: Bool, told: [Event.Kind]) {
        let key = key(of: principal, at: up)
        var allowance = byPrincipal[key] ?? EventAllowance(perSecond: Self.perSecond)
        defer { byPrincipal[key] = allowance }
        let told = allowance.recover(at: up)
        return (allowance.admits(kind, at: up), told)
    }

    /// The events that tell what was left out, for principals where there is room again.
    mutating func recover(at up: Milliseconds) -> [Event.Kind] {
        byPrincipal.keys.sorted().flatMap { byPrincipal[$0]?.recover(at: up) ?? [] }
    }

    private mutating func key(of principal: String, at up: Milliseconds) -> String {
        if byPrincipal[principal] != nil { return principal }
        if byPrincipal.count >= Self.maximumPrincipals {
            byPrincipal = byPrincipal.filter { !$0.value.isFresh(at: up) }
        }
        return byPrincipal.count < Self.maximumPrincipals ? principal : Self.others
    }
}
