// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@testable import Terminal

@Suite struct EventBufferTests {
    private static let drag = InputEvent.mouse(Mouse(.drag, position: Point(x: 1, y: 1)))
    private static let click = InputEvent.mouse(Mouse(.press, button: .left, position: Point(x: 1, y: 1)))
    private static let wheel = InputEvent.mouse(Mouse(.wheelUp, position: Point(x: 1, y: 1)))

    private func taken(_ buffer: EventBuffer) -> [InputEvent] {
        var buffer = buffer
        var events: [InputEvent] = []
        while let timed = buffer.popFirst() { events.append(timed.event) }
        return events
    }

    @Test("Only the newest size, and only the last of a row of drags, is kept")
    func coalesces() {
        var buffer = EventBuffer()
        let moved = InputEvent.mouse(Mouse(.drag, position: Point(x: 9, y: 9)))
        for event: InputEvent in [
            .resize(Size(columns: 1, rows: 1)), .key(.up), .resize(Size(columns: 2, rows: 2)), Self.drag, moved,
        ] {
            buffer.append(event)
        }
        #expect(taken(buffer) == [.key(.up), .resize(Size(columns: 2, rows: 2)), moved])
    }

    @Test("When it is full, wheel steps make room for keys, keys keep their order, and the end is always told")
    func bounded() {
        var buffer = EventBuffer()
        buffer.append(Self.wheel)
        for _ in 0..<(EventBuffer.capacity - 1) { buffer.append(.key(.down)) }
        buffer.append(.key(.enter))
        buffer.append(.key(.escape))
        buffer.append(Self.click)
        buffer.append(.resize(Size(columns: 3, rows: 3)))
        buffer.append(.terminate(signal: 15))
        buffer.append(.terminate(signal: 15))
        buffer.append(.endOfInput)
        let events = taken(buffer)
        #expect(!events.contains(Self.wheel))
        #expect(events.count == EventBuffer.capacity + 3)
        #expect(events[EventBuffer.capacity - 1] == .key(.enter))
        #expect(events.suffix(3) == [.resize(Size(columns: 3, rows: 3)), .terminate(signal: 15), .endOfInput])
    }

    @Test("No more than a few pastes wait")
    func pastes() {
        var buffer = EventBuffer()
        for number in 0..<20 { buffer.append(.paste("\(number)")) }
        #expect(taken(buffer) == (0..<EventBuffer.maximumPastes).map { .paste("\($0)") })
    }

    @Test("It goes on for as long as one likes")
    func manyRounds() {
        var buffer = EventBuffer()
        for round in 0..<5_000 {
            buffer.append(.key(.function(round)))
            buffer.append(.key(.function(round)))
            #expect(buffer.popFirst()?.event == .key(.function(round / 2)))
            if buffer.count > 900 { break }
        }
        #expect(buffer.count <= EventBuffer.capacity)
    }
}
