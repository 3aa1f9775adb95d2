// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// As the word that the protocol has for it.
extension CommandAction: Encodable {}

/// What came of an action on one circuit.
struct ActionResult: Encodable, Sendable {
    var service: String
    var instance: String
    var circuit: String
    var action: CommandAction
    var outcome: Outcome
    /// Whether the service keeps overrides over a restart; null when it does not say.
    @OrNull var keeps_overrides: Bool?
    /// Whether the service did it; null when that is not known.
    @OrNull var ok: Bool?
    /// From the sending to the answer.
    var latency_ms: Milliseconds?
    /// The event that records it.
    var seq: Int64?
    /// Whether the circuit shows the effect; `nil` when it was refused, or showed the same before and nobody knows.
    var read_back: Bool?
    /// The standing that was read back, in a word.
    var standing: String?
    var code: String?
    var message: String?

    init(_ view: CircuitView, _ action: CommandAction, _ outcome: Result<Int64, CommandError>, latency: Milliseconds?) {
        (service, instance, circuit) = (view.identity.service, view.identity.instance, view.key.name)
        self.action = action
        keeps_overrides = view.identity.keepsOverrides
        latency_ms = latency
        switch outcome {
        case .success(let seq): (self.outcome, ok, self.seq) = (.done, true, seq)
        case .failure(let error):
            self.outcome = error.code == .noAnswer ? .unknown : .refused
            ok = error.code == .noAnswer ? nil : false
            (code, message) = (error.code.rawValue, error.message)
        }
    }

    enum Outcome: String, Encodable, Sendable {
        case done
        case refused
        /// It was sent, and no answer came: it may be done or not.
        case unknown
    }

    /// Whether it is done as an operator understands it.
    var isDone: Bool { outcome == .done && read_back == true }

    var name: String { "\(instance)/\(circuit)" }

    func printLine() { isDone ? Output.line(line) : Output.error(line) }

    var line: String { "\(action.rawValue) \(name): \(words)" }

    private var words: String {
        let reason = "\(message ?? "") (\(code ?? ""))"
        let answer = "\(latency_ms.map { " in \($0) ms" } ?? "") (event \(seq ?? 0))"
        let now = "now \(standing ?? "unknown")"
        let doubt = Order.doubt(about: action, keepsOverrides: keeps_overrides).map { "; \($0)" } ?? ""
        return switch (outcome, read_back) {
        case (.done, true): "done\(answer), \(now)\(doubt)"
        case (.done, _): "accepted\(answer), but its effect does not show: look at the circuit"
        case (.refused, _): "refused: \(reason)"
        case (.unknown, true): "not known: \(reason); the circuit shows it, \(now)"
        case (.unknown, _): "not known: \(reason)"
        }
    }
}

/// A value that JSON tells as null where there is none, instead of leaving it out.
@propertyWrapper struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

/// The JSON of an action.
struct ActionListing: Encodable {
    var version = 1
    var results: [ActionResult]
    /// Services that could not be asked, with the reason.
    var troubles: [String]
}

/// The JSON of a dry run: the commands as the protocol has them, but for the id, which is drawn when one is sent.
struct DryRunListing: Encodable {
    var version = 1
    var dry_run = true
    var commands: [Entry]
    var troubles: [String]

    struct Entry: Encodable {
        var service: String
        var instance: String
        var circuit: String
        var command: CommandText
        /// Why the service would refuse it, as far as one can see.
        var obstacle: String?

        init(_ order: Order, _ view: CircuitView) {
            (service, instance, circuit) = (view.identity.service, view.identity.instance, view.key.name)
            command = CommandText(command: order.command(for: view, id: ""))
            obstacle = order.obstacle(on: view)
        }
    }

    struct CommandText: Encodable {
        let command: Command

        private enum Key: String, CodingKey {
            case type, boot, circuit, action, for_ms, reason, `operator`, if_override_rev
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode("command", forKey: .type)
            try container.encode(command.boot, forKey: .boot)
            try container.encode(command.circuit, forKey: .circuit)
            try container.encode(command.action.rawValue, forKey: .action)
            switch command.lifetime {
            case nil: break
            case .untilCleared: try container.encodeNil(forKey: .for_ms)
            case .limited(let time): try container.encode(time, forKey: .for_ms)
            }
            try container.encode(command.reason, forKey: .reason)
            try container.encode(command.claimed, forKey: .operator)
            try container.encodeIfPresent(command.ifOverrideRevision, forKey: .if_override_rev)
        }
    }
}
