// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Dashboard

@Suite struct TransportTests {
    private static let place = Transition.Place(service: "orders", instance: "orders-1", circuit: "charge")
    private static let other = Transition.Place(service: "orders", instance: "orders-1", circuit: "refund")

    private static func transport(_ tape: Transport.Tape = .recording("x"), at: Milliseconds = 1_000) -> Transport {
        let transitions = [(10_000, place), (20_000, other), (60_000, place)].map { at, place in
            Transition(at: at, what: .state(.open), place: place)
        }
        return Transport(
            tape, Chronology(range: 1_000...101_000, transitions: transitions, isComplete: true), at: at)
    }

    @Test("Playing goes on by the operator's time, as fast as was chosen, up to the end", arguments: Transport.speeds)
    func speed(_ speed: Double) {
        var transport = Self.transport()
        let isKnown = transport.setSpeed(speed)
        #expect(isKnown)
        transport.play(at: 500)
        transport.tick(at: 1_500)
        #expect(transport.position == 1_000 + Milliseconds(1_000 * speed))
        let journey = transport.depart()
        #expect(journey == .to(transport.position))
        for second in 2...500 { transport.tick(at: Milliseconds(second) * 1_000) }
        #expect(transport.position == 101_000 && !transport.isPlaying)
        transport.play(at: 600_000)
        #expect(transport.position == 1_000, "at the end, playing begins anew")
    }

    @Test("A screen that stood still for an hour goes on where it was")
    func stood() {
        var transport = Self.transport()
        transport.play(at: 0)
        transport.tick(at: 3_600_000)
        #expect(transport.position == 6_000)
    }

    @Test("One journey is under way at a time, and then the last wish is the next")
    func journeys() {
        var transport = Self.transport()
        transport.seek(to: 5_000)
        let first = transport.depart()
        #expect(first == .to(5_000))
        transport.seek(to: 6_000)
        transport.seek(to: 7_000)
        let none = transport.depart()
        #expect(none == nil)
        transport.arrive(at: 5_000)
        #expect(transport.position == 7_000)
        let second = transport.depart()
        #expect(second == .to(7_000))
        transport.arrive(at: 7_000)
        let rest = transport.depart()
        #expect(rest == nil)
    }

    @Test("A step takes the moment of the fact that it led to")
    func step() {
        var transport = Self.transport()
        transport.play(at: 0)
        transport.step(forward: true)
        let forward = transport.depart()
        #expect(forward == .stepForward(from: 1_000) && !transport.isPlaying)
        transport.arrive(at: 1_234)
        #expect(transport.position == 1_234)
        transport.step(forward: false)
        let back = transport.depart()
        #expect(back == .stepBack(from: 1_234))
    }

    @Test("Jumps stay within what there is")
    func jumps() {
        var transport = Self.transport()
        transport.jump(by: -5_000)
        #expect(transport.position == 1_000)
        transport.jump(tenths: 1)
        #expect(transport.position == 11_000)
        transport.jump(by: .max)
        #expect(transport.position == 101_000)
        transport.jump(tenths: -3)
        #expect(transport.position == 71_000)
    }

    @Test("Transitions are visited one after the other, of all circuits or of one, and none is invented")
    func transitions() {
        var transport = Self.transport()
        let before = transport.visitTransition(forward: false)
        #expect(before == nil)
        let visited = [1, 2, 3].map { _ in transport.visitTransition(forward: true)?.at }
        #expect(visited == [10_000, 20_000, 60_000])
        let after = transport.visitTransition(forward: true)
        #expect(after == nil)
        #expect(transport.position == 60_000)
        let own = transport.visitTransition(forward: false, of: Self.place)?.at
        #expect(own == 10_000)
        let others = transport.visitTransition(forward: true, of: Self.other)?.at
        #expect(others == 20_000)
        let none = transport.visitTransition(forward: true, of: Self.other)
        #expect(none == nil)
    }

    @Test("What is quiet is passed over up to shortly before the next transition, if that is wanted")
    func quiet() {
        var transport = Self.transport(at: 21_000)
        transport.play(at: 0)
        transport.tick(at: 1_000)
        #expect(transport.position == 22_000)
        transport.skipsQuiet = true
        transport.tick(at: 5_000)
        #expect(transport.position == 58_000)
        transport.tick(at: 6_000)
        #expect(transport.position == 59_000, "just before it, nothing is passed over")
        // After the last one there is only the end.
        transport.seek(to: 70_000)
        transport.tick(at: 7_000)
        #expect(transport.position == 99_000)
    }

    @Test("Where nobody has looked yet, nothing is taken for quiet")
    func unknown() {
        var transport = Transport(.recording("x"), Chronology(range: 0...100_000), at: 0)
        transport.skipsQuiet = true
        transport.play(at: 0)
        transport.tick(at: 1_000)
        #expect(transport.position == 1_000)
    }

    @Test("A loop is played over and over until it is dropped")
    func loop() {
        var transport = Self.transport(at: 5_000)
        _ = transport.cycleLoop()
        transport.seek(to: 8_000)
        _ = transport.cycleLoop()
        #expect(transport.position == 5_000)
        transport.play(at: 0)
        var seen: [Milliseconds] = []
        for second in 1...5 {
            transport.tick(at: Milliseconds(second) * 1_000)
            seen.append(transport.position)
        }
        #expect(seen == [6_000, 7_000, 5_000, 6_000, 7_000])
        _ = transport.cycleLoop()
        for second in 6...7 { transport.tick(at: Milliseconds(second) * 1_000) }
        #expect(transport.position == 9_000)
    }

    @Test("What is not kept any more cannot be shown: the screen stands at the oldest that is")
    func forgotten() {
        var transport = Self.transport(.recent, at: 2_000)
        transport.learn(Chronology(range: 30_000...120_000, isComplete: true))
        let journey = transport.depart()
        #expect(journey == .to(30_000))
    }

    @Test("Marks are in their order, replaced, taken away, and bounded")
    func marks() {
        var marks = TimeMarks([.init(at: 5, label: "b"), .init(at: 3, label: "a"), .init(at: 5, label: "c")])
        #expect(marks.all.map(\.label) == ["a", "c"])
        marks.set(.init(at: 3, label: ""))
        #expect(marks.all.map(\.at) == [5])
        for number in 0..<TimeMarks.capacity { marks.set(.init(at: Milliseconds(number + 10), label: "x")) }
        #expect(marks.all.count == TimeMarks.capacity)
        let isSet = marks.set(.init(at: 9_999, label: "one too many"))
        #expect(!isSet && marks.all.count == TimeMarks.capacity)
    }
}
