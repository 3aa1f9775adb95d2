// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What came of an action on one circuit.
struct ActionResult: Encodable, Sendable {
    var service: String
    var instance: String
    var circuit: String
    var action: String
    /// Whether the service did it.
    var ok: Bool
    /// From the sending to the answer.
    var latency_ms: Milliseconds?
    /// The event that records it.
    var seq: Int64?
    /// Whether the circuit shows the effect; `nil` when it was refused.
    var read_back: Bool?
    /// The standing that was read back, in a word.
    var standing: String?
    var code: String?
    var message: String?

    init(_ view: CircuitView, _ action: CommandAction, _ outcome: Result<Int64, CommandError>, latency: Milliseconds?) {
        (service, instance, circuit) = (view.identity.service, view.identity.instance, view.key.name)
        self.action = action.rawValue
        latency_ms = latency
        switch outcome {
        case .success(let seq): (ok, self.seq) = (true, seq)
        case .failure(let error): (ok, code, message) = (false, error.code.rawValue, error.message)
        }
    }

    /// Whether it is done as an operator understands it.
    var isDone: Bool { ok && read_back == true }

    var name: String { "\(instance)/\(circuit)" }

    func printLine() {
        guard ok else { return Output.error("\(action) \(name): refused: \(message ?? "") (\(code ?? ""))") }
        let answer = "\(latency_ms.map { " in \($0) ms" } ?? "") (event \(seq ?? 0))"
        if read_back == true {
            Output.line("\(action) \(name): done\(answer), now \(standing ?? "unknown")")
        } else {
            Output.error("\(action) \(name): accepted\(answer), but its effect does not show: look at the circuit")
        }
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
