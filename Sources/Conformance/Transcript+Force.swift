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

    /// The forced circuit's rows of samples that have events from a number on in them; they must state a field at all.
    func rows(from seq: Int64, of record: Record, stating field: Field) throws(Finding) -> [Row] {
        let rows = rows.filter { $0.id == record.forced?.circuit }
        guard rows.contains(where: { $0[field].map { !$0.isNull } ?? false }) else {
            throw .notTested("the rows do not state `\(field.name)`")
        }
        return rows.filter { $0.line.json?["seq"]?.integer ?? 0 >= seq }
    }
}
