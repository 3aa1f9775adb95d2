// SPDX-License-Identifier: Apache-2.0

/// A line that a service cannot use; after `subscribe` each is answered by an `error` and skipped.
enum Mistake: String, Sendable, Hashable, CaseIterable {
    case notJSON = "not-json"
    case notAnObject = "not-an-object"
    case emptyLine = "empty-line"
    case keyTwice = "key-twice"
    case notANumber = "not-a-number"
    case halfSurrogate = "half-surrogate"
    case invalidUTF8 = "invalid-utf8"
    case rawControl = "raw-control"
    case tooDeep = "too-deep"
    case tooLong = "too-long"
    case unknownType = "unknown-type"
    case secondSubscribe = "second-subscribe"
    case fieldMissing = "field-missing"
    case notAnID = "not-an-id"
    case notAnAction = "not-an-action"
    case forceWithoutTime = "force-needs-time"
    case zeroTime = "lifetime-zero"
    case hugeTime = "lifetime-huge"
    case longReason = "reason-too-long"
    case muchDetail = "detail-too-many"

    var id: String { rawValue }

    /// The code that the answer must have.
    var code: String {
        switch self {
        case .notJSON, .notAnObject, .emptyLine, .keyTwice, .notANumber, .halfSurrogate, .invalidUTF8, .rawControl:
            "malformed"
        case .tooDeep: "too_deep"
        case .tooLong: "line_too_long"
        case .unknownType, .secondSubscribe: "unexpected"
        case .fieldMissing, .forceWithoutTime: "missing_field"
        case .notAnID, .notAnAction, .zeroTime, .hugeTime, .longReason, .muchDetail: "bad_value"
        }
    }

    /// What the line is, for the rule's sentence.
    var words: String {
        switch self {
        case .notJSON: "A line that is not JSON"
        case .notAnObject: "A line that is JSON but no object"
        case .emptyLine: "An empty line"
        case .keyTwice: "A line with a known key twice"
        case .notANumber: "A line with NaN"
        case .halfSurrogate: "A line with half of a surrogate pair"
        case .invalidUTF8: "A line that is not UTF-8"
        case .rawControl: "A line with a raw control character in a string"
        case .tooDeep: "A line nested deeper than 32"
        case .tooLong: "A line longer than 65,536 bytes"
        case .unknownType: "A message of an unknown type"
        case .secondSubscribe: "A second `subscribe`"
        case .fieldMissing: "A command without a field that it needs"
        case .notAnID: "A command whose `id` is no UUID"
        case .notAnAction: "A command whose `action` is no action"
        case .forceWithoutTime: "A force without `for_ms`, which must not mean for ever,"
        case .zeroTime: "A force with `for_ms` 0"
        case .hugeTime: "A force with `for_ms` beyond 2^53 − 1"
        case .longReason: "A command whose `reason` has more than 200 characters"
        case .muchDetail: "A `detail` of more than 64 circuits"
        }
    }

    /// The line, without its LF. The commands among them could do nothing even if they were obeyed.
    func line(_ facts: Facts) -> [UInt8] {
        let command = CommandLine(facts, action: "clear")
        let force = CommandLine(facts, action: "force_open")
        switch self {
        case .notJSON: return Array("this is no metrics socket's language".utf8)
        case .notAnObject: return Array(#"["type","subscribe"]"#.utf8)
        case .emptyLine: return []
        case .keyTwice: return Array(#"{"type":"subscribe","client":"a","client":"b","interval_ms":1000}"#.utf8)
        case .notANumber: return Array(#"{"type":"subscribe","client":"a","interval_ms":NaN}"#.utf8)
        case .halfSurrogate: return Array(#"{"type":"subscribe","client":"\ud800","interval_ms":1000}"#.utf8)
        case .invalidUTF8: return Array(#"{"type":"conform","text":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        case .rawControl: return Array("{\"type\":\"conform\",\"text\":\"\u{1}\"}".utf8)
        case .tooDeep:
            // The object is the first level.
            return Array(#"{"type":"conform","deep":"#.utf8) + Array(repeating: UInt8(ascii: "["), count: 32)
                + Array(repeating: UInt8(ascii: "]"), count: 32) + [UInt8(ascii: "}")]
        case .tooLong:
            return Array(#"{"type":"conform","text":""#.utf8)
                + Array(repeating: UInt8(ascii: "x"), count: WireBounds.line) + Array(#""}"#.utf8)
        case .unknownType: return Array(#"{"type":"conform","nested":[{"a":null}]}"#.utf8)
        case .secondSubscribe: return Array(#"{"type":"subscribe","client":"conform","interval_ms":1000}"#.utf8)
        case .fieldMissing: return command.with(circuit: nil).bytes
        case .notAnID: return command.with(id: "42").bytes
        case .notAnAction: return command.with(action: "explode").bytes
        case .forceWithoutTime: return force.with(lifetime: nil).bytes
        case .zeroTime: return force.with(lifetime: "0").bytes
        case .hugeTime: return force.with(lifetime: "\(WireBounds.integer + 1)").bytes
        case .longReason:
            return command.with(reason: String(repeating: "x", count: WireBounds.reason + 1)).bytes
        case .muchDetail:
            let circuits = (1...WireBounds.detail + 1).map { "\($0)" }.joined(separator: ",")
            return Array(#"{"type":"detail","circuits":[\#(circuits)]}"#.utf8)
        }
    }
}
