// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet
import Synchronization
import Testing

@testable import breakertop

@Suite struct WatcherTests {
    @Test("No line overtakes those that wait for room", .timeLimit(.minutes(1)))
    func order() async throws {
        var machine = WatchStateMachine(selectors: [], showsPicture: true)
        var shop = Shop()
        _ = machine.begin(at: shop.now)
        let coming = shop.connect("late", "late-1", circuits: ["a", "b"])
        for observation in coming.dropLast() { _ = machine.take(observation) }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (room, makeRoom) = AsyncStream.makeStream(of: Void.self)
        let texts = Mutex<[String]>([])
        let watcher = Watcher(machine, LineFormat(isJSON: false, isLocal: false), MonitorClock()) { line in
            let text = String(decoding: line, as: UTF8.self)
            if text.contains("late-1 a:") {
                start.finish()
                for await _ in room {}
            }
            texts.withLock { $0.append(text) }
        }
        let dead = shop.say("dead", .source(.lost(reason: "cut")))
        async let picture: Void = watcher.take(coming[coming.count - 1])
        for await _ in started {}
        async let death: Void = watcher.take(dead)
        for _ in 0..<10_000 where await watcher.waiting.isEmpty { await Task.yield() }
        makeRoom.finish()
        _ = await (picture, death)
        await watcher.take(shop.say("late-1", .source(.lost(reason: "cut"))))
        let expected = ["late-1 a: closed", "late-1 b: closed", "dead: lost: cut", "late-1: lost: cut"]
        let written = texts.withLock(\.self)
        #expect(written.count == expected.count)
        for (text, words) in zip(written, expected) { #expect(text.contains(words)) }
    }
}
