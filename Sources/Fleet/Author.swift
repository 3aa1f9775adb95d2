// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

extension CircuitOverride {
    /// Who set it: the name that was claimed, and the authenticated one behind it unless they are the same; a peer's text.
    package var author: String { nameOfAuthor(claimed: claimed, principal: principal) }
}

extension CommandRecord {
    /// Who gave it: the name that was claimed, and the authenticated one behind it unless they are the same; a peer's text.
    package var author: String { nameOfAuthor(claimed: claimed, principal: principal) }
}

/// `oncall (ann)`, of `uid 1000 (ann)`; `ann (not verified)`: whoever may claim a name shall not pass for its owner.
private func nameOfAuthor(claimed: String, principal: String) -> String {
    var verified = principal[...]
    if verified.hasPrefix("uid "), verified.hasSuffix(")"), let start = verified.firstIndex(of: "(") {
        verified = verified[verified.index(after: start)...].dropLast()
    }
    if verified.isEmpty { return claimed.isEmpty ? "somebody" : "\(claimed) (not verified)" }
    return claimed.isEmpty || claimed == verified ? String(verified) : "\(claimed) (\(verified))"
}
