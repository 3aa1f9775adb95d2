// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Foundation
import Recording
import Testing

@testable import Dashboard

/// A screen that replays the recording of the demo, with whoever holds that.
struct ReplayScene {
    private(set) var dashboard: Dashboard
    private let player: Player
    private var now = TelemetryInstant(t: 0, up: 1_000)
    private(set) var effects: [Dashboard.Effect] = []

    static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../demo/incident.btrec")

    init(columns: Int = 120, rows: Int = 40) throws {
        let source = try FileBytes(path: Self.file.path)
        player = try Player(source)
        let scan = TransitionScan(source, of: player)
        while try scan.step() {}
        let chronology = Chronology(
            range: player.header.started...(try player.end()), transitions: scan.transitions, isComplete: true)
        var configuration = Dashboard.Configuration(operatorName: "", places: [], version: "0.1", isReadOnly: true) {
            ""
        }
        configuration.replay = Transport(
            .recording("incident.btrec"), chronology, at: chronology.range.lowerBound + 500)
        dashboard = Dashboard(size: Size(columns: columns, rows: rows), configuration: configuration)
        tick()
    }

    /// Every journey leads where it is meant to, at once.
    private mutating func send(_ message: Dashboard.Message) {
        var pending = [message]
        while let next = pending.popLast() {
            for effect in dashboard.update(next, at: now) {
                switch effect {
                case .travel(let journey, let number): pending.append(arrival(journey, number))
                case .goOn: pending.append(.goOn)
                default: effects.append(effect)
                }
            }
        }
    }

    private func arrival(_ journey: Journey, _ number: Int) -> Dashboard.Message {
        do {
            _ = try player.go(journey)
            return .arrived(player.moment, number: number)
        } catch {
            return .stranded("\(error)", number: number)
        }
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now.up += milliseconds
        tick()
    }

    mutating func tick() { send(.tick) }

    mutating func seek(to at: Milliseconds) {
        for case .travel(let journey, let number) in dashboard.travel({ $0.seek(to: at) }) {
            send(arrival(journey, number))
        }
    }

    mutating func press(_ keys: Key...) { for key in keys { send(.input(.key(key), readAt: now.up)) } }

    mutating func type(_ text: String) { for character in text { press(.character(character)) } }

    var screen: String { dashboard.view().text }
    var start: Milliseconds { dashboard.transport?.range.lowerBound ?? 0 }

    mutating func go(to at: String) {
        press(.character("T"))
        type(at)
        press(.enter)
        // Its words go by, and rows hold still no longer.
        wait(15_000)
    }
}

@Suite("A recording on the screen") struct ReplayTests {
    @Test("Going to a moment draws what playing there draws", arguments: Screen.ID.allCases)
    func same(screen: Screen.ID) throws {
        var playing = try ReplayScene()
        playing.press(.character(Screen.named(screen).digit), .character(" "))
        for second in 1...97 {
            playing.wait(1_000)
            guard [37, 68, 97].contains(second) else { continue }
            var jumping = try ReplayScene()
            jumping.press(.character(Screen.named(screen).digit))
            // By way of the end, and of a moment in between.
            for at in ["-1s", "+90s"] { jumping.go(to: at) }
            jumping.seek(to: try #require(playing.dashboard.transport?.position))
            jumping.press(.character(" "))
            #expect(jumping.screen == playing.screen, "after \(second) s")
        }
    }

    @Test("It says REPLAY, whatever is shown, and however small the screen is")
    func says() throws {
        var scene = try ReplayScene(columns: 80, rows: 24)
        for key in "123456" {
            scene.press(.character(key))
            #expect(scene.screen.contains("REPLAY incident.btrec"))
        }
        scene.press(.character("?"))
        #expect(scene.screen.contains("REPLAY incident.btrec"))
        #expect(try ReplayScene(columns: 50, rows: 8).screen.contains("REPLAY"))
    }

    @Test("Nothing can be done to what was", arguments: ["O", "A", "C", "R", "P", "Z", "Y"])
    func refused(key: Character) throws {
        var scene = try ReplayScene()
        scene.go(to: "+40s")
        scene.press(.character(key))
        #expect(scene.screen.contains("this is a recording: nothing can be done to what was"))
        #expect(scene.dashboard.operations.dialog == nil)
    }

    @Test("What operators did stands in the audit as of that moment, and not what came later")
    func audit() throws {
        var scene = try ReplayScene()
        scene.press(.character("6"))
        scene.go(to: "+70s")
        #expect(scene.screen.contains("clear override by oncall") && scene.screen.contains("force open by oncall"))
        scene.go(to: "+50s")
        #expect(!scene.screen.contains("clear override by oncall") && scene.screen.contains("force open by oncall"))
        scene.go(to: "+10s")
        #expect(!scene.screen.contains("force open by oncall"))
    }

    @Test("Events of a moment before are shown after a jump back")
    func events() throws {
        var scene = try ReplayScene()
        scene.press(.character("4"))
        scene.go(to: "-1s")
        scene.go(to: "+40s")
        let back = scene.screen
        var straight = try ReplayScene()
        straight.press(.character("4"))
        straight.go(to: "+40s")
        #expect(back == straight.screen && back.contains("FORCED OPEN"))
    }

    @Test("A mark that is nowhere near is drawn at the nearer end", arguments: [Milliseconds.min, .max])
    func farMark(at: Milliseconds) {
        // The shorter the recording, the further away it is.
        let transport = Transport(.recording("x"), Chronology(range: 0...10), at: 5)
        let bar = TransportBar(transport: transport, marks: TimeMarks([.init(at: at, label: "far")]), theme: Theme())
        #expect(bar.cells(columns: 50).firstIndex { $0.text == "│" } == (at < 0 ? 0 : 49))
    }

    @Test("Marks are handed over to be kept, and go away without a label")
    func marks() throws {
        var scene = try ReplayScene()
        scene.go(to: "+60s")
        scene.type("m")
        scene.type("deploy")
        scene.press(.enter)
        #expect(scene.effects.contains(.keep(TimeMarks([.init(at: scene.start + 60_000, label: "deploy")]))))
        scene.wait(15_000)
        scene.press(.home)
        #expect(!scene.screen.contains("│ deploy"))
        scene.type("\"")
        #expect(scene.screen.contains("│ deploy"))
    }
}
