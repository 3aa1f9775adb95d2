// SPDX-License-Identifier: Apache-2.0

import Canvas
import Foundation
import Testing

@testable import Dashboard

/// Screens as plain text that one can review. `UPDATE_GOLDEN=1 swift test` writes them anew; look at the difference before you commit it.
@Suite struct GoldenScreenTests {
    @Test("The circuits of the shop", arguments: [(60, 12), (80, 24), (120, 40), (200, 50)])
    func circuits(columns: Int, rows: Int) throws {
        try expectGolden("circuits", Scene.shop(columns: columns, rows: rows).dashboard.view())
    }

    @Test("The details of an open circuit", arguments: [(80, 24), (120, 40)])
    func details(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.select("payment.charge")
        if rows < 34 { scene.press(.character("d")) }
        try expectGolden("details", scene.dashboard.view())
    }

    @Test("The details of a forced circuit")
    func forced() throws {
        var scene = Scene.shop()
        scene.select("search.suggest")
        try expectGolden("forced", scene.dashboard.view())
    }

    @Test("All about an open circuit", arguments: [(80, 24), (120, 40), (200, 50)])
    func circuitOpen(columns: Int, rows: Int) throws {
        var scene = Scene.incident(columns: columns, rows: rows)
        scene.look(at: "payment.charge")
        scene.tellLatencies(of: 1, in: Scene.services[1], up: 899_000)
        try expectGolden("circuit-open", scene.dashboard.view())
    }

    @Test("All about a forced circuit", arguments: [(80, 24), (120, 40), (200, 50)])
    func circuitForced(columns: Int, rows: Int) throws {
        var scene = Scene.incident(columns: columns, rows: rows)
        scene.look(at: "search.suggest")
        try expectGolden("circuit-forced", scene.dashboard.view())
    }

    @Test("All about a closed circuit", arguments: [(80, 24), (120, 40), (200, 50)])
    func circuitClosed(columns: Int, rows: Int) throws {
        var scene = Scene.incident(columns: columns, rows: rows)
        scene.look(at: "catalog.list")
        try expectGolden("circuit-closed", scene.dashboard.view())
    }

    @Test("The force-open dialog", arguments: [(80, 24), (120, 40)])
    func dialog(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.select("stock.reserve")
        scene.press(.character("O"))
        scene.type("stock migration")
        try expectGolden("dialog", scene.dashboard.view())
    }

    @Test("Help", arguments: [(80, 24), (120, 40)])
    func help(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.press(.character("?"))
        try expectGolden("help", scene.dashboard.view())
    }

    @Test("What was done, and a force that misses a new instance", arguments: [(80, 24), (120, 40), (200, 50)])
    func audit(columns: Int, rows: Int) throws {
        let scene = OrderScene.audited(columns: columns, rows: rows)
        try expectGolden("audit", #require(scene.dashboard).view())
    }

    @Test("The line of commands with what Tab offers", arguments: [(80, 24), (120, 40)])
    func palette(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.press(.character(":"))
        scene.type("sort ")
        scene.press(.tab, .tab)
        try expectGolden("palette", scene.dashboard.view())
    }

    @Test("No service is running")
    func empty() throws {
        var scene = Scene(columns: 80, rows: 24)
        scene.tick()
        try expectGolden("empty", scene.dashboard.view())
    }

    @Test("A service that went silent is stale, not closed")
    func stale() throws {
        var scene = Scene.shop(columns: 120, rows: 40)
        scene.run(steps: 20, silent: ["gateway"])
        try expectGolden("stale", scene.dashboard.view())
    }

    @Test(
        "A cascade on the map, in the events, in the sources", arguments: ["map", "events", "sources"],
        [(80, 24), (120, 40), (200, 50)])
    func incident(view: String, size: (columns: Int, rows: Int)) throws {
        var scene = Scene.incident(columns: size.columns, rows: size.rows)
        let screen = try #require(Screen.all.first { $0.id.rawValue == view })
        scene.press(.character(screen.digit))
        if view == "map" { scene.press(.down, .down) }
        try expectGolden(view, scene.dashboard.view())
    }

    @Test("A filter that is being typed", arguments: [(80, 24), (120, 40)])
    func prompt(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.press(.character("/"))
        scene.type("svc~pay state=")
        try expectGolden("prompt", scene.dashboard.view())
    }

    @Test(
        "The demo's incident, replayed without a service", arguments: ["circuits", "circuit", "map", "events", "audit"])
    func replay(view: String) throws {
        for (columns, rows) in [(80, 24), (120, 40)] {
            var scene = try ReplayScene(columns: columns, rows: rows)
            let screen = try #require(Screen.all.first { $0.id.rawValue == view })
            scene.press(.character(screen.digit))
            scene.go(to: "+70s")
            try expectGolden("replay-\(view)", scene.dashboard.view())
        }
    }

    @Test("A live screen that stands still", arguments: [(60, 12), (80, 24), (120, 40), (200, 50)])
    func paused(columns: Int, rows: Int) throws {
        var scene = Scene.shop(columns: columns, rows: rows)
        scene.press(.character("p"))
        scene.run(steps: 20)
        try expectGolden("paused", scene.dashboard.view())
    }

    @Test("A screen that is too small says so", arguments: [(59, 24), (80, 11), (1, 1)])
    func tiny(columns: Int, rows: Int) throws {
        let text = Scene.shop(columns: columns, rows: rows).screen
        #expect(columns < 10 || text.hasPrefix("terminal too small: \(columns)×\(rows), needs 60×12"))
    }

    @Test("A narrow one says it in order, line by line, and at least what it needs")
    func tiniest() {
        #expect(Scene.shop(columns: 10, rows: 3).screen == "too small:\nis 10×3,\nneed 60×12")
        #expect(Scene.shop(columns: 10, rows: 1).screen == "need 60×12")
    }
}

private func expectGolden(_ name: String, _ canvas: Canvas, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let file = folder.appending(path: "\(name)-\(canvas.size.columns)x\(canvas.size.rows).txt")
    let text = canvas.text + "\n"
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    guard golden != text else { return }
    let lines = zip(
        golden.split(separator: "\n", omittingEmptySubsequences: false),
        text.split(separator: "\n", omittingEmptySubsequences: false))
    let difference = lines.filter { $0 != $1 }.map { "- \($0)\n+ \($1)" }.joined(separator: "\n")
    Issue.record("\(file.lastPathComponent) differs:\n\(difference)", sourceLocation: sourceLocation)
}
