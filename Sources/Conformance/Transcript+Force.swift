// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension ReceivedLine {
    /// The override's mode in a description.
    var mode: String? { json?["override"]?["mode"]?.string }
}

extension Transcript {
    /// The answer to a command that was done; otherwise another rule is at stake.
    func done(_ label: String) throws(Finding) -> ReceivedLine {
        let answer: ReceivedLine
        do { answer = try self.answer(to: label) } catch { throw .notTested("`\(label)` was not answered") }
        guard answer.json?["ok"]?.bool == true else { throw .notTested("`\(label)` was not done") }
        return answer
    }

    /// The number of the event that records a command that was done.
    func seq(of label: String) throws(Finding) -> Int64 { try done(label).json?["seq"]?.integer ?? 0 }

    /// The descriptions of the forced circuit.
    func slots(of record: Record) -> [ReceivedLine] {
        all("circuit").filter { $0.json?["id"]?.integer == record.forced?.circuit }
    }

    /// The changes of a circuit's slot to a mode, while it was looked at.
    func changes(of circuit: Int64?, to mode: String) -> [ReceivedLine] {
        all("event").filter {
            $0.json?["kind"]?.string == "override" && $0.json?["to"]?.string == mode
                && $0.json?["circuit"]?.integer == circuit && $0.json?["replayed"]?.bool != true
        }
    }

    /// The first of them for the forced circuit.
    func change(to mode: String, in record: Record) -> ReceivedLine? {
        changes(of: record.forced?.circuit, to: mode).first
    }

    /// Whether somebody else steered a circuit while it was looked at: a command was done, or the slot changed, that no
    /// command sent here accounts for.
    func isDisturbed(at circuit: Int64) -> Bool {
        let ours = Set(sent.compactMap(\.id))
        var isExpected = false
        for event in all("event").compactMap(\.json)
        where event["circuit"]?.integer == circuit && event["replayed"]?.bool != true {
            switch event["kind"]?.string {
            case "command" where event["ok"]?.bool == true:
                guard event["id"]?.string.map(ours.contains) ?? false else { return true }
                isExpected = true
            case "override" where event["cause"]?.string != "expiry":
                guard isExpected else { return true }
                isExpected = false
            default: break
            }
        }
        return false
    }

    /// The forced circuit's rows of samples that have events from a number on in them; they must state a field at all.
    func rows(from seq: Int64, of record: Record, stating field: Field) throws(Finding) -> [Row] {
        let rows = rows.filter { $0.id == record.forced?.circuit }
        guard rows.contains(where: { $0[field].map { !$0.isNull } ?? false }) else {
            throw .notTested("the rows do not state `\(field.name)`")
        }
        return rows.filter { $0.line.json?["seq"]?.integer ?? 0 >= seq }
    }
}
