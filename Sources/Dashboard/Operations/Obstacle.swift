// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// Why nothing was asked of anybody.
package struct OrderRefusal: Error, Sendable, Hashable {
    /// A sentence for the operator.
    package let sentence: String

    /// What a dashboard that only looks on says to every action.
    package static func readOnly(_ action: CommandAction) -> OrderRefusal {
        OrderRefusal(sentence: "cannot \(action.title.lowercased()): this dashboard is read-only")
    }

    /// What is said to more circuits than an order takes; `nil` = it takes so many.
    static func tooMany(_ count: Int, _ action: CommandAction) -> OrderRefusal? {
        guard count > OrderDialog.maximumTargets else { return nil }
        let most = Format.count(Int64(OrderDialog.maximumTargets))
        return OrderRefusal(
            sentence:
                "cannot \(action.title.lowercased()) \(Format.count(Int64(count))) circuits at once, only \(most): "
                + "filter, or do it group by group")
    }
}

extension FleetModel {
    /// Why an action cannot be done to a circuit, as a part of a sentence; `nil` = it can be asked for.
    package func obstacle(to action: CommandAction, on circuit: CircuitView) -> String? {
        let service = circuit.identity.service.sanitizedForDisplay(maxColumns: 40)
        if circuit.isSilent { return "nobody answers for \(service) now" }
        if !circuit.actions.contains(action.rawValue) { return "\(service) cannot do that" }
        if !circuit.mayOperate { return "\(service) \(whyOnlyObserved(circuit))" }
        switch action {
        case .clear where circuit.row.overrideMode == OverrideMode.none: return "no override holds this circuit"
        case .probe where circuit.row.overrideMode == .forcedOpen:
            return "it is forced open: clear it, and it will probe"
        case .probe where circuit.row.state != .open: return "only an open circuit can probe early"
        default: return nil
        }
    }

    /// Why, and what would help.
    private func whyOnlyObserved(_ circuit: CircuitView) -> String {
        let source = instances[circuit.key.instance].flatMap { sources[$0.source] }
        guard let link = source?.health.link, link.certificateExpires != nil else {
            return "lets this user only observe; connect to its socket, as the service's user"
        }
        return link.ownCertificateExpires == nil
            ? "lets who shows no certificate only observe; name yours with --cert and --key"
            : "lets this certificate only observe; ask for a place on the publisher's list of operators"
    }
}
