// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Reads what a monitor says, one line after the other. Whatever the bytes are, it returns a message or throws.
package struct MonitorMessageDecoder: Sendable {
    package init() {}

    /// Reads one line without its LF.
    package func decode(_ line: UnsafeRawBufferPointer) throws(WireError) -> MonitorMessage {
        var reader = try JSONReader(line)
        let fields = try JSONFields(&reader, "message")
        try reader.finish()
        let type = try fields.name("type")
        switch type {
        case "subscribe": return .subscribe(try Subscribe(fields.renamed("subscribe")))
        case "command": return .command(try Command(fields.renamed("command")))
        case "detail":
            let detail = fields.renamed("detail")
            // A list that was forgotten must not mean none.
            return .detail(try detail.required("circuits", try detail.circuits("circuits")))
        default: return .unknown(type: type)
        }
    }
}

extension Subscribe {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        self.init(
            client: try fields.name("client"),
            interval: try fields.positive("interval_ms"),
            filter: try fields.text("filter", limit: ServiceIdentity.maximumNameLength),
            detail: try fields.circuits("detail") ?? [],
            eventsSince: try fields.integer("events_since", in: JSONFields.natural)
        )
    }
}

extension Command {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        let word = try fields.name("action")
        guard let action = CommandAction(rawValue: word) else {
            throw WireError(
                .badValue,
                "command.action is `\(word)`; it must be one of "
                    + CommandAction.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        self.init(
            id: try fields.uuid("id"),
            boot: try fields.boot("boot"),
            circuit: try fields.positive("circuit"),
            action: action,
            lifetime: try fields.lifetime(of: action),
            reason: try fields.shortText("reason"),
            claimed: try fields.shortText("operator"),
            ifOverrideRevision: try fields.integer("if_override_rev", in: JSONFields.natural)
        )
    }
}

extension JSONFields {
    /// Ids of circuits; `nil` when the field is absent.
    fileprivate func circuits(_ name: StaticString) throws(WireError) -> [Int64]? {
        guard var reader = try opened(name, "[") else { return nil }
        var circuits: [Int64] = []
        while try reader.nextElement() {
            guard circuits.count < WireLimits.detail else { throw tooMany(name, WireLimits.detail) }
            _ = reader.peek()
            let start = reader.offset
            let id = try reader.integer()
            guard id >= 1 else { throw reader.failure(.badValue, "\(path).\(name): \(id) is no circuit", at: start) }
            circuits.append(id)
        }
        return circuits
    }

    /// A force must say how long it lasts: forgetting it must not mean for ever.
    fileprivate func lifetime(of action: CommandAction) throws(WireError) -> Command.Lifetime? {
        let milliseconds = try integer("for_ms", in: Self.positive)
        guard action.isForce else { return nil }
        if let milliseconds { return .limited(milliseconds) }
        guard try value("for_ms") != nil else {
            throw WireError(
                .missingField, "command.for_ms is missing; say how many milliseconds, or null for until cleared")
        }
        return .untilCleared
    }

    fileprivate func shortText(_ name: StaticString) throws(WireError) -> String {
        let text = try freeText(name)
        guard text.count <= Command.maximumTextLength else {
            throw WireError(
                .badValue,
                "command.\(name) has \(text.count) characters; at most \(Command.maximumTextLength) are allowed")
        }
        return text
    }
}
