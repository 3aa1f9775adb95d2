// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@Suite("The table of fields")
struct FieldTests {
    @Test("Names are unique, in snake_case and lead back to their field")
    func names() {
        let names = Field.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        for field in Field.allCases {
            #expect(Field(name: field.name) == field)
            #expect(field.name.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_".contains($0) })
        }
        #expect(Field(name: "") == nil)
        #expect(Field(name: "ID") == nil)
    }

    @Test("A row begins with its number")
    func firstField() { #expect(Field.allCases.first == .id) }

    @Test("Every field has one line for people", arguments: Field.allCases)
    func summaries(field: Field) {
        #expect(!field.spec.summary.isEmpty)
        #expect(field.spec.summary.hasSuffix("."))
        #expect(!field.spec.summary.contains("\n"))
    }

    @Test("A name's ending says what the value is", arguments: Field.allCases)
    func endings(field: Field) {
        #expect(field.name.hasSuffix("_total") == (field.spec.kind == .counter))
        #expect(field.name.hasSuffix("_us") == (field.spec.unit == .microseconds))
        #expect((field.spec.unit == .milliseconds) == (field.spec.kind == .instant))
    }

    @Test("The protocol's words are these, for good")
    func words() {
        #expect(CircuitState.allCases.map(\.rawValue) == ["closed", "open", "half_open"])
        #expect(OverrideMode.allCases.map(\.rawValue) == ["none", "forced_open", "forced_closed"])
        #expect(Field.state.spec.kind == .word(["closed", "open", "half_open"]))
        #expect(Field.override.spec.kind == .word(["none", "forced_open", "forced_closed"]))
        #expect(
            CommandAction.allCases.map(\.rawValue) == ["force_open", "force_closed", "clear", "reset", "probe"])
        #expect(CommandAction.allCases.filter(\.isForce) == [.forceOpen, .forceClosed])
    }
}
