// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// A sample as one would write it for Foundation's coders: by the same columns, into the same rows.
struct PlainSample: Codable {
    var type: String
    var t: Int64
    var up_ms: Int64
    var seq: Int64
    var rows: [PlainRow]
    var end: Bool?
}

struct PlainRow: Codable {
    var row: CircuitRow

    init(_ row: CircuitRow) { self.row = row }

    init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        row = CircuitRow(id: 0)
        for field in Field.allCases {
            guard try !values.decodeNil() else { continue }
            switch field {
            case .state: row.state = CircuitState(rawValue: try values.decode(String.self))
            case .override: row.overrideMode = OverrideMode(rawValue: try values.decode(String.self))
            default: row[field] = try values.decode(Int64.self)
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        for field in Field.allCases {
            switch field {
            case .state: try values.encode(row.state?.rawValue)
            case .override: try values.encode(row.overrideMode?.rawValue)
            default: try values.encode(row[field])
            }
        }
    }
}
