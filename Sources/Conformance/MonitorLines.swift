// SPDX-License-Identifier: Apache-2.0

/// A `subscribe` as it is usually written.
struct SubscribeLine: Sendable {
    var interval = Log.watchInterval
    var filter: String?
    var detail: Int64?
    var since: Int64?

    /// What it is noted as.
    var label: String { filter == nil ? "subscribe" : Self.filtered }
    /// What one with a filter is noted as: it leaves out what others must be told.
    static let filtered = "subscribe filtered"

    /// The line, without its LF.
    var bytes: [UInt8] {
        var text = #"{"type":"subscribe","client":"breakertop-conform/1","interval_ms":\#(interval)"#
        if let filter { text += #","filter":"\#(Self.escaped(filter))""# }
        if let detail { text += #","detail":[\#(detail)]"# }
        if let since { text += #","events_since":\#(since)"# }
        return Array((text + "}").utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A `command` as it is written, with every field in reach: some of them are to be wrong.
struct CommandLine: Sendable {
    var id: String
    var boot: String
    var circuit: Int64?
    var action: String
    /// Raw JSON; `nil` leaves the field out.
    var lifetime: String?
    var reason = "breakertop conform"
    var revision: Int64?

    /// A command that no service may carry out, and that could do nothing if one did: there is no such circuit, and no
    /// override has this revision.
    init(_ facts: Facts, action: String) {
        id = Self.randomID()
        boot = facts.boot
        circuit = WireBounds.integer
        self.action = action
        lifetime = action.hasPrefix("force") ? "1000" : nil
        revision = WireBounds.integer
    }

    /// The line, without its LF.
    var bytes: [UInt8] {
        var text = #"{"type":"command","id":"\#(id)","boot":"\#(boot)","action":"\#(action)","#
        if let circuit { text += #""circuit":\#(circuit),"# }
        if let lifetime { text += #""for_ms":\#(lifetime),"# }
        if let revision { text += #""if_override_rev":\#(revision),"# }
        return Array((text + #""reason":"\#(reason)","operator":"conform"}"#).utf8)
    }

    func with(id: String) -> CommandLine { changed { $0.id = id } }
    func with(circuit: Int64?) -> CommandLine { changed { $0.circuit = circuit } }
    func with(action: String) -> CommandLine { changed { $0.action = action } }
    func with(boot: String) -> CommandLine { changed { $0.boot = boot } }
    func with(reason: String) -> CommandLine { changed { $0.reason = reason } }
    func with(lifetime: String?) -> CommandLine { changed { $0.lifetime = lifetime } }

    private func changed(_ change: (inout CommandLine) -> Void) -> CommandLine {
        var copy = self
        change(&copy)
        return copy
    }

    /// A new UUID.
    static func randomID() -> String {
        func digits(_ count: Int) -> String {
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String((String(repeating: "0", count: 16) + text).suffix(count))
        }
        return "\(digits(8))-\(digits(4))-4\(digits(3))-8\(digits(3))-\(digits(12))"
    }
}
