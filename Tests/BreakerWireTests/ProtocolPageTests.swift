// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Foundation
import Testing

/// The page from which strangers implement the protocol must say what the code does.
@Suite("The protocol page")
struct ProtocolPageTests {
    @Test("It shows every golden line, byte for byte", arguments: Golden.names)
    func showsGoldenLines(name: String) throws {
        let line = String(decoding: try Golden.bytes(name).dropLast(), as: UTF8.self)
        #expect(try Self.page().components(separatedBy: "\n").contains(line), "put this line on the page: \(line)")
    }

    @Test("Its table of columns is the table of fields")
    func columns() throws {
        let table = Self.columnTable()
        #expect(try Self.page().contains(table), "replace the table of columns by:\n\(table)")
    }

    @Test("It names every limit")
    func limits() throws {
        let page = try Self.page()
        for (name, value) in [
            ("longest line", WireLimits.lineBytes), ("deepest nesting", WireLimits.depth),
            ("most columns", WireLimits.columns), ("most actions", WireLimits.actions),
            ("most circuits in `detail`", WireLimits.detail), ("longest text", WireLimits.textBytes),
            ("longest name", ServiceIdentity.maximumNameLength), ("most tags", CircuitDescription.maximumTags),
            ("most errors of a trip", Trip.maximumErrors),
            ("longest error message of a trip", TripError.maximumMessageLength),
            ("longest reason or operator of a command", Command.maximumTextLength),
        ] {
            #expect(page.contains("| \(name) | \(value.formatted(.number.locale(Locale(identifier: "en_US")))) "))
        }
    }

    @Test("It explains every word and code of the protocol")
    func words() throws {
        let page = try Self.page()
        let words =
            WireError.Code.allCases.map(\.rawValue) + CommandAction.allCases.map(\.rawValue)
            + StateChange.Cause.allCases.map(\.rawValue) + OverrideChange.Cause.allCases.map(\.rawValue)
            + OverrideMode.allCases.map(\.rawValue) + CircuitState.allCases.map(\.rawValue)
            + [
                CommandError.Code.unknownCircuit, .wrongBoot, .notAllowed, .readOnly, .idConflict, .overrideConflict,
                .rateLimited, .invalid, .notApplicable, .unsupported,
            ].map(\.rawValue)
        for word in words { #expect(page.contains("`\(word)`"), "\(word)") }
    }

    private static func page() throws -> String {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let path = root.appending(path: "Sources/BreakerWire/BreakerWire.docc/Protocol.md")
        return String(decoding: try Data(contentsOf: path), as: UTF8.self)
    }

    private static func columnTable() -> String {
        let rows = Field.allCases.map { field in
            let kind =
                switch field.spec.kind {
                case .number: "number"
                case .counter: "counter"
                case .gauge: "gauge"
                case .instant: "instant"
                case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
                }
            return "| `\(field.name)` | \(kind) | \(field.spec.unit.rawValue) | \(field.spec.summary) |"
        }
        return (["| column | kind | unit | what |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}
