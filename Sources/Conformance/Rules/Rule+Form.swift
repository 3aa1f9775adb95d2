// SPDX-License-Identifier: Apache-2.0

import BreakerWire

extension Rule {
    /// What every line is, whatever it says.
    static let form: [Rule] =
        [
            .everywhere("line-length", "Limits", "No line is longer than 65,536 bytes without its LF.") {
                transcript throws(Finding) in
                try transcript.eachLine("is too long") { $0.content == .tooLong }
            },
            .everywhere("utf8", "Overview", "Every line is UTF-8.") { transcript throws(Finding) in
                try transcript.eachLine("it is not UTF-8") { $0.content == .notUTF8 }
            },
            .everywhere("json", "Rules, and why", "Every line is one JSON object with a `type`; none is empty.") {
                transcript throws(Finding) in
                for line in transcript.lines {
                    switch line.content {
                    case .malformed(let message): throw transcript.broken("no JSON: \(message)", line)
                    case .empty: throw transcript.broken("an empty line", line)
                    case .json where line.type == nil: throw transcript.broken("no object with a `type`", line)
                    default: continue
                    }
                }
                guard !transcript.lines.isEmpty else { throw .notTested("no line came") }
            },
            .everywhere("keys-once", "Rules, and why", "No known key comes twice in an object.") {
                transcript throws(Finding) in
                for line in transcript.lines where line.json != nil {
                    // It is JSON, so what is malformed to a monitor can only be this.
                    guard case .failure(let error) = line.message, error.code == .malformed else { continue }
                    throw transcript.broken(error.message, line)
                }
                guard !transcript.known.isEmpty else { throw .notTested("no line came") }
            },
            .everywhere("nesting", "Limits", "No line is nested deeper than 32.") { transcript throws(Finding) in
                try transcript.eachLine("nested too deeply") { ($0.json?.depth ?? 0) > WireBounds.depth }
            },
            .everywhere("integers", "Rules, and why", "Integers lie within ±(2^53 − 1).") {
                transcript throws(Finding) in
                try transcript.eachLine("a number is beyond ±(2^53 − 1)") { line in
                    line.json?.numbers.contains(where: \.isBeyondIntegers) ?? false
                }
            },
        ] + ["subscribed", "circuit", "event", "gap", "histogram", "result", "error", "bye"].map(fields) + [
            sampleFields
        ]

    /// Every message of a type can be read by a monitor. Rows have rules of their own, and so has the hello.
    private static func fields(of type: String) -> Rule {
        .everywhere(
            "\(type)-fields", type, "Every `\(type)` has the fields that it needs, of the right types, within bounds."
        ) {
            transcript throws(Finding) in
            let lines = transcript.all(type)
            guard !lines.isEmpty else { throw .notTested("no `\(type)` came") }
            for line in lines {
                guard case .failure(let error) = line.message, error.code != .malformed, error.code != .tooDeep else {
                    continue
                }
                // A number that is too large is the matter of another rule.
                if line.json?.numbers.contains(where: \.isBeyondIntegers) ?? false { continue }
                throw transcript.broken(error.message, line)
            }
        }
    }

    private static let sampleFields = Rule.everywhere(
        "sample-fields", "sample",
        "Every `sample` has `t`, `up_ms`, `seq` and `rows`, and `end` is true, false or left out."
    ) { transcript throws(Finding) in
        let lines = transcript.all("sample")
        guard !lines.isEmpty else { throw .notTested("no `sample` came") }
        for line in lines {
            guard let json = line.json else { continue }
            guard json["t"]?.integer != nil else { throw transcript.broken("`t` must be an integer", line) }
            for name in ["up_ms", "seq"] {
                guard let value = json[name]?.integer, value >= 0 else {
                    throw transcript.broken("`\(name)` must be an integer from 0", line)
                }
            }
            guard let rows = json["rows"]?.array, rows.allSatisfy({ $0.array != nil }) else {
                throw transcript.broken("`rows` must be a list of lists", line)
            }
            guard json["end"].map({ $0.isNull || $0.bool != nil }) ?? true else {
                throw transcript.broken("`end` must be true or false", line)
            }
        }
    }
}

extension JSON {
    /// Whether it is a number that not every reader keeps exactly.
    var isBeyondIntegers: Bool {
        switch self {
        case .integer(let value): value.magnitude > UInt64(WireBounds.integer)
        case .fraction(let value): value.magnitude > Double(WireBounds.integer)
        default: false
        }
    }
}

extension Transcript {
    /// A rule about single lines.
    fileprivate func eachLine(_ complaint: String, isBroken: (ReceivedLine) -> Bool) throws(Finding) {
        guard !lines.isEmpty else { throw .notTested("no line came") }
        if let line = lines.first(where: isBroken) { throw broken(complaint, line) }
    }
}
