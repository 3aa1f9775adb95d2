// SPDX-License-Identifier: Apache-2.0

package import BreakerSockets
import BreakerTelemetry
import BreakerWire

/// One conversation as it was held: what came in and what went out, in order, with times since its beginning.
///
/// A value: rules read it and nothing else, so what they say can be tried on lines written by hand.
package struct Transcript: Sendable {
    /// How a conversation ended.
    package enum Ending: Sendable, Hashable {
        /// The tester closed it, or has not yet.
        case ours
        /// The service closed it.
        case theirs
        /// It broke, or was cut off here, for this reason.
        case failed(String)
    }

    /// A whole line that was sent.
    package struct Sent: Sendable, Hashable {
        /// Its number in the connection, from 1: what the service's errors are to name.
        package var number: Int
        package var at: Duration
        /// What it was sent for.
        package var label: String
        /// The id of a command.
        package var id: String?
    }

    /// What it is called in reports, such as `watch`.
    package let name: String
    package private(set) var lines: [ReceivedLine] = []
    package private(set) var sent: [Sent] = []
    package private(set) var ending = Ending.ours
    /// When the service closed it.
    package private(set) var endedAt: Duration?
    /// How many bytes came in.
    private(set) var size = 0
    /// How many values a row must have; `nil` without a readable hello.
    private(set) var width: Int?
    /// The places of a row's values by the columns' names, the first of each name.
    private var columns: [String: Int] = [:]
    private var decoder = ServiceMessageDecoder()

    package init(_ name: String) { self.name = name }

    /// Takes a line in that came.
    package mutating func receive(_ line: InboundLine, at time: Duration) {
        if case .line(let bytes) = line { size += bytes.count }
        let line = ReceivedLine(line, number: lines.count + 1, at: time, &decoder)
        lines.append(line)
        guard width == nil, line.type == "hello", let names = line.json?["columns"]?.strings else { return }
        width = names.count
        columns = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// Notes a line that was sent.
    /// - Returns: its number.
    @discardableResult
    package mutating func send(_ label: String, id: String? = nil, at time: Duration) -> Int {
        sent.append(Sent(number: sent.count + 1, at: time, label: label, id: id))
        return sent.count
    }

    /// Notes the end; the first one counts.
    package mutating func end(_ ending: Ending, at time: Duration) {
        guard self.ending == .ours else { return }
        self.ending = ending
        endedAt = time
    }
}

// MARK: - What rules look for

extension Transcript {
    /// The lines of one type, in order.
    func all(_ type: String) -> [ReceivedLine] { lines.filter { $0.type == type } }

    func first(_ type: String) -> ReceivedLine? { lines.first { $0.type == type } }

    /// The types of protocol 1; lines of others are skipped wherever they stand.
    static let types: Set<String> = [
        "hello", "subscribed", "circuit", "event", "sample", "histogram", "ready", "gap", "result", "error", "bye",
    ]

    /// The lines that a reader of protocol 1 does not skip.
    var known: [ReceivedLine] { lines.filter { $0.type.map(Self.types.contains) ?? false } }

    /// Whether some circuits were left out on demand.
    var isFiltered: Bool { sent(SubscribeLine.filtered) != nil }

    func sent(_ label: String) -> Sent? { sent.first { $0.label == label } }

    /// The error about a line that was sent.
    func error(about sent: Sent) -> ReceivedLine? {
        all("error").first { $0.json?["line"]?.integer == Int64(sent.number) }
    }

    /// The results of a command, in order.
    func results(of id: String) -> [ReceivedLine] { all("result").filter { $0.json?["id"]?.string == id } }

    var isReady: Bool { first("ready") != nil }

    /// The newest number that an event or a gap named; 0 before the first.
    var newestEvent: Int64 {
        lines.map { line in
            switch line.type {
            case "event": line.json?["seq"]?.integer ?? 0
            case "gap": line.json?["to"]?.integer ?? 0
            default: 0
            }
        }.max() ?? 0
    }

    /// The rows of a line that are as wide as they must be.
    func rows(of line: ReceivedLine) -> [Row] {
        (line.json?["rows"]?.array ?? []).compactMap { row in
            guard let values = row.array, values.count == width else { return nil }
            return Row(line: line, values: values, columns: columns)
        }
    }

    /// Every row as wide as it must be, in order.
    var rows: [Row] { all("sample").flatMap(rows) }

    /// The last row of a circuit.
    func row(of circuit: Int64) -> Row? {
        // From the end, and no further: this is asked for each line that comes.
        for line in lines.reversed() where line.type == "sample" {
            if let row = rows(of: line).last(where: { $0.id == circuit }) { return row }
        }
        return nil
    }

    /// The last description of a circuit.
    func description(of circuit: Int64) -> JSON? {
        lines.last { $0.type == "circuit" && $0.json?["id"]?.integer == circuit }?.json
    }
}

/// A circuit's row in a sample.
struct Row {
    let line: ReceivedLine
    let values: [JSON]
    fileprivate let columns: [String: Int]

    init(line: ReceivedLine, values: [JSON], columns: [String: Int]) {
        (self.line, self.values, self.columns) = (line, values, columns)
    }

    /// What the row says of a field; `nil` when the service has no such column.
    subscript(field: Field) -> JSON? { columns[field.name].map { values[$0] } }

    /// A number that the row states; `nil` also when it is unknown.
    func number(_ field: Field) -> Int64? { self[field]?.integer }

    var id: Int64? { number(.id) }
}
