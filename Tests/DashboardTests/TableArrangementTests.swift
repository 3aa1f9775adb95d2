// SPDX-License-Identifier: Apache-2.0

import Canvas
import Fleet
import Testing

@testable import Dashboard

@Suite struct TableArrangementTests {
    @Test("What is written is read again as it was")
    func roundTrip() throws {
        var scene = Scene.shop()
        for line in ["columns circuit,ratio,state", "sort calls", "sort calls", "group target"] {
            scene.press(.character(":"))
            scene.type(line)
            scene.press(.enter)
        }
        let arrangement = scene.dashboard.table.arrangement
        #expect(arrangement.columns == ["circuit", "ratio", "state"])
        #expect(arrangement.sortColumn == "calls" && arrangement.isReversed && arrangement.grouping == .target)
        #expect(try TableArrangement(text: arrangement.text) == arrangement)
        #expect(try TableArrangement(text: TableArrangement().text) == TableArrangement())
        #expect(try TableArrangement(text: "\n\ngroup state\n").columns == Column.standard)
    }

    @Test("What options set for a time is not kept with what was chosen by keys")
    func options() throws {
        var kept = TableArrangement()
        try kept.set(sort: "calls")
        var begun = kept
        try begun.set(group: "service")
        try begun.set(columns: "circuit,state")
        var last = begun
        #expect(kept.taking(changesFrom: begun, to: last) == kept)
        try last.set(sort: "failed,reversed")
        let taken = kept.taking(changesFrom: begun, to: last)
        #expect(taken.grouping == .none && taken.columns == Column.standard)
        #expect(taken.sortColumn == "failed" && taken.isReversed)
        try last.set(group: "state")
        #expect(kept.taking(changesFrom: begun, to: last).grouping == .state)
    }

    @Test(
        "What cannot be read is said with its line, and is never a trap",
        arguments: [
            ("columns state\nsort colour", "line 2: there is no column “colour”"),
            ("group", "line 1: there is no kind"),
            ("columns ,,,", "line 1: no column is named"),
            ("sort state,backwards", "line 1: “state,backwards” is no order"),
            ("sort state,reversed,reversed", "is no order"), ("colums state", "did you mean columns?"),
            (String(repeating: "columns state\n", count: 1_000), "more than 4096 bytes"),
            ("\u{0}\u{1B}[2J", "there is no setting"), ("columns \u{1B}[2J\u{202E}", "there is no column"),
        ])
    func complaints(text: String, words: String) {
        do {
            _ = try TableArrangement(text: text)
            Issue.record("it was read")
        } catch {
            #expect(error.description.contains(words))
            #expect(!error.description.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
        }
    }

    @Test("The circuit's name is always among the columns, and each stands once")
    func columns() throws {
        #expect(try TableArrangement.columns("STATE ratio,state") == ["circuit", "state", "ratio"])
    }

    @Test("A dashboard begins as it is told to, and says what could not be read")
    func beginning() throws {
        var arrangement = TableArrangement()
        try arrangement.set(columns: "circuit,state")
        try arrangement.set(group: "service")
        let configuration = Dashboard.Configuration(
            operatorName: "", places: [], version: "1", arrangement: arrangement,
            filter: try CircuitQuery("svc=orders"),
            remark: "the file cannot be read", commandID: { "" })
        var scene = Scene()
        scene.dashboard = Dashboard(size: Size(columns: 120, rows: 40), configuration: configuration)
        for service in Scene.services { scene.connect(service) }
        scene.tick()
        #expect(scene.dashboard.order.count == 3 && scene.screen.contains("▾ orders"))
        #expect(scene.screen.contains("the file cannot be read"))
        #expect(scene.dashboard.table.arrangement == arrangement)
    }
}
