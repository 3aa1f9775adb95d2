// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Recording

/// Rows of circuits as CSV (RFC 4180): when and whose, then every field of the one table of fields.
struct SampleTable {
    private static let fields = Field.allCases.filter { $0 != .id }
    private static let words = Dictionary(
        uniqueKeysWithValues: fields.compactMap { field -> (Field, [String])? in
            if case .word(let words) = field.spec.kind { (field, words) } else { nil }
        })

    /// The first line.
    static let header: String =
        (["time", "source", "service", "instance", "circuit"] + fields.map(\.name)).joined(separator: ",") + "\r\n"

    /// The lines of a fact; empty where it has no rows.
    static func lines(of fact: Observation, _ fleet: FleetModel) -> [UInt8] {
        guard case .sample(let sample, _) = fact.fact, !sample.rows.isEmpty,
            let process = fleet.sources[fact.source]?.instance.flatMap({ fleet.instances[$0] })
        else { return [] }
        let place = [
            CivilTime(fact.at.up).stamp, fact.source.name, process.identity.service, process.identity.instance,
        ].map(quoted).joined(separator: ",")
        var bytes: [UInt8] = []
        for row in sample.rows {
            guard let name = process.circuits[row.id]?.value.key.name else { continue }
            bytes += "\(place),\(quoted(name))".utf8
            for field in fields {
                bytes.append(UInt8(ascii: ","))
                if let value = row[field] { bytes += text(value, field).utf8 }
            }
            bytes += "\r\n".utf8
        }
        return bytes
    }

    private static func text(_ value: Int64, _ field: Field) -> String {
        guard let words = words[field] else { return String(value) }
        return Int(exactly: value).flatMap { words.indices.contains($0) ? words[$0] : nil } ?? ""
    }

    /// A text as a cell: in quotes where it would end one.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { ![UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D].contains($0) }
        return isPlain ? text : "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
