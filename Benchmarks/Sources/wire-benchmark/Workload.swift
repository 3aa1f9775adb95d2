// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// Eight samples of a service with a thousand circuits, one after the other as they go over the socket; the same ones in each run.
///
/// Of ten circuits seven are busy, one has just been forced or opened, one has hardly been called, and one belongs to a foreign breaker that
/// counts little, so that most of its values are null. The numbers differ from sample to sample, so that no branch can be learnt by heart.
struct Workload {
    static let circuits: Int64 = 1_000

    /// The rows of each line.
    let parts: [[CircuitRow]]
    /// The samples' lines with their LF.
    let bytes: [UInt8]
    /// The same lines without it, by their places in ``bytes``.
    let lines: [Range<Int>]

    static let at = TelemetryInstant(t: 1_767_226_333_700, up: 86_733_700)
    static let seq: Int64 = 4_242

    /// - Parameter isSpaced: whether a space follows each comma, as `json.dumps` of Python writes it by default.
    init(isSpaced: Bool = false) {
        var chance = Chance(state: 0x5EED)
        let rows = (0..<8 * Self.circuits).map { Self.row($0 % Self.circuits + 1, &chance) }
        // As the publisher does it: at most 256 rows a line.
        parts = stride(from: 0, to: rows.count, by: 250).map { Array(rows[$0..<$0 + 250]) }
        var bytes: [UInt8] = []
        Self.encode(parts, to: &bytes)
        if isSpaced { bytes = bytes.flatMap { $0 == UInt8(ascii: ",") ? [$0, 0x20] : [$0] } }
        self.bytes = bytes
        lines = bytes.split(separator: 0x0A).map { $0.indices }
    }

    var rowCount: Int { parts.reduce(0) { $0 + $1.count } }

    /// Writes all samples.
    static func encode(_ parts: [[CircuitRow]], to bytes: inout [UInt8]) {
        for (index, rows) in parts.enumerated() {
            MessageEncoder().appendSample(at: at, seq: seq, rows: rows, isEnd: index % 4 == 3, to: &bytes)
        }
    }

    /// What the service said first.
    static var hello: [UInt8] {
        var bytes: [UInt8] = []
        let identity = ServiceIdentity(service: "orders", instance: "orders-1", boot: "9f2c41d07be35a18")
        MessageEncoder().append(.hello(Hello(identity: identity, actions: [])), to: &bytes)
        return bytes.dropLast()
    }

    /// What is in the rows, for the reader of the figures.
    var summary: String {
        let values = parts.joined().flatMap { row in Field.allCases.map { row[$0] } }
        func share(_ isCounted: (Int64?) -> Bool) -> String {
            "\(values.count { isCounted($0) } * 100 / values.count) %"
        }
        let longest = lines.map(\.count).max() ?? 0
        return """
            8 samples of \(Self.circuits) rows of \(Field.count) columns: \(bytes.count) bytes in \(lines.count) lines \
            (the longest \(longest)), \(bytes.count / rowCount) bytes a row; \
            \(share { $0 == 0 }) of the values are 0, \(share { $0 == nil }) null
            """
    }

    private static func row(_ id: Int64, _ chance: inout Chance) -> CircuitRow {
        var row = CircuitRow(id: id)
        row.state = .closed
        row.overrideMode = OverrideMode.none
        guard id % 10 != 9 else {
            // A foreign breaker.
            row[.calls] = chance.number(digits: 6)
            row[.failed] = chance.number(digits: 3)
            return row
        }
        for field in Field.allCases where row[field] == nil { row[field] = 0 }
        row[.stateSince] = chance.number(digits: 8)
        row[.openUntil] = nil
        let digits = id % 10 == 8 ? 2 : 7
        for field in [.calls, .ok] as [Field] { row[field] = chance.number(digits: digits) }
        for field in [.failed, .timeouts, .slow, .retries] as [Field] { row[field] = chance.number(digits: digits - 2) }
        row[.lastCall] = 86_733_700 - chance.number(digits: 3)
        guard digits > 2 else { return row }
        for field in [.ignored, .late, .inFlight, .windowCalls, .retriesSaved] as [Field] {
            row[field] = chance.number(digits: 3)
        }
        for field in [.windowFailed, .windowSlow, .generation] as [Field] { row[field] = chance.number(digits: 2) }
        row[.latencyP50] = chance.number(digits: 5)
        row[.latencyP99] = chance.number(digits: 6)
        guard id % 10 == 0 else { return row }
        row.state = id % 20 == 0 ? .open : .halfOpen
        row.overrideMode = id % 30 == 0 ? .forcedOpen : OverrideMode.none
        row[.openUntil] = 86_733_700 + chance.number(digits: 5)
        for field in [.rejected, .rejectedForced, .consecutiveFailed, .opened] as [Field] {
            row[field] = chance.number(digits: 4)
        }
        return row
    }
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct Chance {
    var state: UInt64

    /// A number of at most so many digits; of that many in nine cases of ten.
    mutating func number(digits: Int) -> Int64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        let bound = (0..<max(1, digits)).reduce(UInt64(1)) { bound, _ in bound * 10 }
        return Int64(mixed % bound)
    }
}
