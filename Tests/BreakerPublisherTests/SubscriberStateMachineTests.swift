// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import TestSupport
import Testing

@testable import BreakerPublisher

@Suite("A subscriber's conversation")
struct SubscriberStateMachineTests {
    /// A hub without tasks: reads the provider anew at every new moment.
    private final class Source: SubscriberSource {
        let provider: FakeProvider
        private let shared = Shared<(board: SampleBoard, at: Milliseconds)>((SampleBoard(), -1))
        private let circuits = Shared(DescriptionBoard())

        /// What happens in the service while it is being read.
        let meanwhile = Shared<@Sendable () -> Void>({})

        init(_ provider: FakeProvider) { self.provider = provider }

        var identity: ServiceIdentity { provider.identity }
        var actions: [CommandAction] { provider.actions }
        var instant: TelemetryInstant { provider.now() }
        func descriptions() -> DescriptionBoard {
            let provider = provider
            return circuits.change { board in
                board.refresh { provider.circuits(changedAfter: $0) }
                return board
            }
        }
        func events(after seq: Int64, limit: Int) -> EventPage { provider.events(after: seq, limit: limit) }
        func histogram(of circuit: Int64) -> LatencyHistogram? { provider.histogram(of: circuit) }
        func board(at now: Milliseconds, including seq: Int64) -> SampleBoard {
            meanwhile.value()
            let sample = provider.sample()
            return shared.change { shared in
                if shared.at != now || shared.board.seq < seq { shared.board.refresh(with: sample) }
                shared.at = now
                return shared.board
            }
        }
    }

    private func machine() -> SubscriberStateMachine {
        SubscriberStateMachine(role: .operator, minimumInterval: 100, subscribeTime: 5_000, now: 0)
    }

    private func subscribe(
        interval: Milliseconds = 100, filter: String? = nil, since: Int64? = nil
    ) -> Result<MonitorMessage, WireError> {
        .success(.subscribe(Subscribe(client: "test", interval: interval, filter: filter, eventsSince: since)))
    }

    /// All that is sent at one moment, until the machine waits or closes.
    private func drain(
        _ machine: inout SubscriberStateMachine, at now: Milliseconds, _ source: Source
    ) -> [ServiceMessage] {
        var sent: [ServiceMessage] = []
        for _ in 1...10_000 {
            switch machine.next(now: now, from: source) {
            case .send(let outbox):
                #expect(outbox.bytes.count < Outbox.room + 2 * WireLimits.lineBytes)
                sent += outbox.messages
            case .wait(let until):
                #expect(until > now)
                return sent
            case .close(let outbox, _): return sent + outbox.messages
            }
        }
        Issue.record("it never waits")
        return sent
    }

    private func kinds(_ messages: [ServiceMessage]) -> [String] {
        messages.map { message in
            switch message {
            case .hello: "hello"
            case .subscribed(let subscribed): "subscribed \(subscribed.interval) \(subscribed.role.rawValue)"
            case .circuit(let circuit): circuit.isGone ? "gone \(circuit.id)" : "circuit \(circuit.id)"
            case .event(let event, let replayed): replayed ? "replayed \(event.seq)" : "event \(event.seq)"
            case .sample(let sample): "sample \(sample.rows.map(\.id))" + (sample.isEnd ? "" : "…")
            case .ready: "ready"
            case .gap(let gap): "gap \(gap.from)-\(gap.to)"
            case .result: "result"
            case .error(let error): "error \(error.code) \(error.line ?? 0)"
            case .histogram(let histogram): "histogram \(histogram.circuit) \(histogram.latency.total)"
            case .bye(let reason): "bye \(reason)"
            case .unknown: "unknown"
            }
        }
    }

    @Test("Hello at once; after subscribe the whole picture in order, then ready")
    func begins() {
        let source = Source(FakeProvider(circuits: 2))
        source.provider.append(circuit: 1)
        source.provider.append(circuit: 2)
        var machine = machine()
        #expect(kinds(drain(&machine, at: 0, source)) == ["hello"])
        #expect(machine.receive(subscribe(interval: 1)) == .histograms(0))
        #expect(
            kinds(drain(&machine, at: 10, source)) == [
                "subscribed 100 operator", "circuit 1", "circuit 2", "replayed 1", "replayed 2", "sample [1, 2]",
                "ready",
            ])
    }

    @Test("A service without circuits is complete as well")
    func empty() {
        let source = Source(FakeProvider())
        var machine = machine()
        _ = machine.receive(subscribe(interval: 1_000_000))
        #expect(kinds(drain(&machine, at: 0, source)) == ["hello", "subscribed 60000 operator", "sample []", "ready"])
    }

    /// A machine that is live at time 0, at an interval of 100 ms.
    private func live(_ source: Source, filter: String? = nil) -> SubscriberStateMachine {
        var machine = machine()
        _ = machine.receive(subscribe(filter: filter))
        _ = drain(&machine, at: 0, source)
        return machine
    }

    @Test("Live: changed rows once an interval, an empty sample as heartbeat, events and descriptions at once")
    func lives() {
        let source = Source(FakeProvider(circuits: 3))
        var machine = live(source)
        source.provider.change(2) { $0[.calls] = 1 }
        #expect(drain(&machine, at: 50, source).isEmpty)
        #expect(kinds(drain(&machine, at: 100, source)) == ["sample [2]"])
        #expect(kinds(drain(&machine, at: 200, source)) == ["sample []"])
        source.provider.add(4, name: "new")
        source.provider.append(circuit: 4)
        #expect(kinds(drain(&machine, at: 210, source)) == ["circuit 4", "event 1"])
        #expect(kinds(drain(&machine, at: 300, source)) == ["sample [4]"])
        var gone = CircuitDescription(id: 3, name: "circuit-3", rule: RuleDescription(name: "x"))
        gone.isGone = true
        source.provider.describe(gone)
        #expect(kinds(drain(&machine, at: 310, source)) == ["gone 3"])
    }

    @Test("A circuit that is made while the service is being read is described before its row and its event")
    func describedFirst() {
        let source = Source(FakeProvider(circuits: 1))
        var machine = live(source)
        let provider = source.provider
        source.meanwhile.change {
            $0 = {
                provider.add(2, name: "new")
                provider.append(circuit: 2)
            }
        }
        #expect(kinds(drain(&machine, at: 100, source)).prefix(3) == ["circuit 2", "event 1", "sample [2]"])
    }

    @Test(
        "A circuit that is made while a long list is being told is described before its event and row",
        arguments: [nil, "circuit-301"])
    func describedFirstInALongList(filter: String?) throws {
        let source = Source(FakeProvider(circuits: 300))
        var machine = machine()
        _ = machine.receive(subscribe(filter: filter))
        guard case .send(let outbox) = machine.next(now: 10, from: source) else {
            Issue.record("nothing is sent")
            return
        }
        var sent = outbox.messages
        source.provider.add(301, name: "circuit-301")
        source.provider.append(circuit: 301)
        sent += drain(&machine, at: 10, source)
        sent += drain(&machine, at: 1_000, source)
        let all = kinds(sent)
        let described = try #require(all.firstIndex(of: "circuit 301"))
        let told = try #require(all.firstIndex { $0.hasSuffix("event 1") || $0 == "replayed 1" })
        #expect(described < told)
    }

    @Test("A subscriber that was away for long gets a gap, what is still kept, and the present rows once")
    func gap() {
        let source = Source(FakeProvider(capacity: 3, circuits: 2))
        var machine = live(source)
        for calls in 1...10 as ClosedRange<Int64> {
            source.provider.append(circuit: 1)
            source.provider.change(1) { $0[.calls] = calls }
        }
        let messages = drain(&machine, at: 5_000, source)
        #expect(kinds(messages) == ["gap 1-7", "event 8", "event 9", "event 10", "sample [1]"])
        guard case .sample(let sample)? = messages.last else { return }
        #expect(sample.rows.first?[.calls] == 10)
        #expect(sample.seq == 10)
    }

    @Test("Of a long log the newest 256 are replayed, and no gap is claimed")
    func replay() {
        let source = Source(FakeProvider())
        for _ in 1...300 { source.provider.append() }
        var machine = machine()
        _ = machine.receive(subscribe())
        let sent = kinds(drain(&machine, at: 0, source))
        #expect(sent.filter { $0.hasPrefix("replayed") } == (45...300).map { "replayed \($0)" })
        #expect(!sent.contains { $0.hasPrefix("gap") })
    }

    @Test("The replay fits into 64 KiB")
    func replayBytes() {
        let source = Source(FakeProvider())
        for _ in 1...256 {
            source.provider.append(.retryExhausted(attempts: 3, error: String(repeating: "x", count: 900)))
        }
        var machine = machine()
        _ = machine.receive(subscribe())
        let events = drain(&machine, at: 0, source).filter { if case .event = $0 { true } else { false } }
        var bytes: [UInt8] = []
        for event in events { MessageEncoder().append(event, to: &bytes) }
        #expect(bytes.count <= 65_536)
        #expect(events.count > 30)
        #expect(kinds(events).last == "replayed 256")
    }

    @Test(
        "A monitor that comes back gets what it missed, or hears what is lost",
        arguments: [
            (0, ["gap 1-6", "replayed 7", "replayed 8", "replayed 9"]),
            (7, ["replayed 8", "replayed 9"]),
            (9, []),
            (10, ["replayed 7", "replayed 8", "replayed 9"]),
            (.max, ["replayed 7", "replayed 8", "replayed 9"]),
        ] as [(Int64, [String])]
    )
    func eventsSince(since: Int64, expected: [String]) {
        let source = Source(FakeProvider(capacity: 3))
        for _ in 1...9 { source.provider.append() }
        var machine = machine()
        _ = machine.receive(subscribe(since: since))
        let sent = kinds(drain(&machine, at: 0, source))
        #expect(sent == ["hello", "subscribed 100 operator"] + expected + ["sample []", "ready"])
    }

    @Test("A filter leaves out other circuits' descriptions, rows and events, and claims no gap for them")
    func filter() {
        let source = Source(FakeProvider())
        for (id, name) in [(1, "payment.charge"), (2, "stock"), (3, "payment.refund")] as [(Int64, String)] {
            source.provider.add(id, name: name)
        }
        var machine = live(source, filter: "payment")
        for id in 1...3 as ClosedRange<Int64> {
            source.provider.append(circuit: id)
            source.provider.change(id) { $0[.calls] = 9 }
        }
        #expect(kinds(drain(&machine, at: 100, source)) == ["event 1", "event 3", "sample [1, 3]"])
    }

    @Test("The last events of a circuit that goes come although there is a filter, and those of one that nobody knows")
    func filterAndGone() {
        let source = Source(FakeProvider())
        source.provider.add(1, name: "payment.charge")
        source.provider.add(2, name: "stock")
        var machine = live(source, filter: "payment")
        for id in [1, 2] as [Int64] {
            var gone = CircuitDescription(
                id: id, name: id == 1 ? "payment.charge" : "stock", rule: RuleDescription(name: "x"))
            gone.isGone = true
            source.provider.describe(gone)
            source.provider.append(circuit: id)
        }
        source.provider.append(circuit: 99)
        #expect(kinds(drain(&machine, at: 10, source)) == ["gone 1", "event 1", "event 3"])
        source.provider.append(circuit: 1)
        #expect(kinds(drain(&machine, at: 20, source)) == ["event 4"])
    }

    @Test("Many events that the filter leaves out do not hold up the one behind them")
    func filterOfManyEvents() {
        let source = Source(FakeProvider())
        source.provider.add(1, name: "payment")
        source.provider.add(2, name: "stock")
        var machine = live(source, filter: "payment")
        for _ in 1...600 { source.provider.append(circuit: 2) }
        source.provider.append(circuit: 1)
        #expect(machine.next(now: 10, from: source) == .wait(until: 10))
        #expect(machine.next(now: 10, from: source) == .wait(until: 10))
        guard case .send(let outbox) = machine.next(now: 10, from: source) else {
            Issue.record("the event is not sent")
            return
        }
        #expect(kinds(outbox.messages) == ["event 601"])
    }

    @Test("Histograms come after ready and with samples, only when there were calls; a new list is told at once")
    func histograms() {
        let source = Source(FakeProvider(circuits: 3))
        source.provider.record(1, microseconds: 5)
        source.provider.record(2, microseconds: 5)
        var machine = machine()
        _ = machine.receive(.success(.subscribe(Subscribe(client: "test", interval: 100, detail: [1, 3, 1, 99]))))
        #expect(kinds(drain(&machine, at: 0, source)).suffix(3) == ["sample [1, 2, 3]", "ready", "histogram 1 1"])
        #expect(kinds(drain(&machine, at: 100, source)) == ["sample []"])
        source.provider.record(1, microseconds: 7)
        #expect(drain(&machine, at: 150, source).isEmpty)
        #expect(kinds(drain(&machine, at: 200, source)) == ["sample []", "histogram 1 2"])
        #expect(machine.receive(.success(.detail([2, 1, 2]))) == .histograms(1))
        #expect(kinds(drain(&machine, at: 210, source)) == ["histogram 2 1"])
        source.provider.record(1, microseconds: 7)
        #expect(kinds(drain(&machine, at: 300, source)) == ["sample []", "histogram 1 3"])
        #expect(machine.receive(.success(.detail([]))) == .histograms(0))
        source.provider.record(1, microseconds: 7)
        #expect(kinds(drain(&machine, at: 400, source)) == ["sample []"])
        _ = machine.receive(.success(.detail([1])))
        #expect(kinds(drain(&machine, at: 410, source)) == ["histogram 1 4"])
    }

    @Test("The same list again neither reads a histogram nor tells it twice, and forgets none that is due")
    func sameDetail() {
        let source = Source(FakeProvider(circuits: 64))
        for id in 1...64 as ClosedRange<Int64> {
            for bucket in 0..<LatencyHistogram.bucketCount {
                source.provider.record(id, microseconds: LatencyHistogram.upperBound(ofBucket: bucket))
            }
        }
        var machine = live(source)
        let all = Array(1...64 as ClosedRange<Int64>)
        #expect(machine.receive(.success(.detail(all))) == .histograms(64))
        // Not all of them fit into one step.
        guard case .send(let outbox) = machine.next(now: 10, from: source) else {
            Issue.record("nothing is sent")
            return
        }
        var told = outbox.messages
        for _ in 1...100 {
            #expect(machine.receive(.success(.detail(all))) == .histograms(0))
            told += drain(&machine, at: 10, source)
        }
        #expect(kinds(told) == all.map { "histogram \($0) 304" })
        #expect(source.provider.histogramReadings == 64)
    }

    @Test("Histograms of the most circuits come in bounded pieces; what a filter leaves out has none")
    func histogramBounds() {
        let source = Source(FakeProvider(circuits: 64))
        for id in 1...64 as ClosedRange<Int64> {
            for bucket in 0..<LatencyHistogram.bucketCount {
                source.provider.record(id, microseconds: LatencyHistogram.upperBound(ofBucket: bucket))
            }
        }
        var machine = machine()
        _ = machine.receive(.success(.subscribe(Subscribe(client: "test", interval: 100, detail: Array(1...64)))))
        #expect(kinds(drain(&machine, at: 0, source)).count { $0.hasPrefix("histogram") } == 64)
        machine = self.machine()
        let subscribe = Subscribe(client: "test", interval: 100, filter: "circuit-64", detail: Array(1...64))
        _ = machine.receive(.success(.subscribe(subscribe)))
        #expect(kinds(drain(&machine, at: 0, source)).filter { $0.hasPrefix("histogram") } == ["histogram 64 304"])
    }

    @Test("Nothing that a service says makes a step large: long descriptions and events come in bounded pieces")
    func boundedSteps() {
        let source = Source(FakeProvider(capacity: 1_024))
        let long = String(repeating: "ä", count: 95)
        for id in 1...24 as ClosedRange<Int64> {
            let tags = Dictionary(uniqueKeysWithValues: (0..<32).map { ("\($0)\(long)", long) })
            source.provider.describe(
                CircuitDescription(id: id, name: "\(id)", tags: tags, rule: RuleDescription(name: "x")))
            source.provider.append(.retryExhausted(attempts: 3, error: String(repeating: "x", count: 900)), circuit: id)
        }
        var machine = machine()
        _ = machine.receive(subscribe(since: 0))
        // `drain` looks at the size of each step.
        let sent = kinds(drain(&machine, at: 0, source))
        #expect(sent.count { $0.hasPrefix("circuit") } == 24)
        #expect(sent.count { $0.hasPrefix("replayed") } == 24)
    }

    @Test("Many circuits come in pieces; the last piece ends the sample")
    func manyCircuits() {
        let source = Source(FakeProvider(circuits: 1_000))
        var machine = machine()
        _ = machine.receive(subscribe())
        let messages = drain(&machine, at: 0, source)
        let samples = messages.compactMap { if case .sample(let sample) = $0 { sample } else { nil } }
        #expect(samples.flatMap { $0.rows.map(\.id) } == Array(1...1_000))
        #expect(samples.map(\.isEnd) == [false, false, false, true])
        #expect(messages.count { if case .circuit = $0 { true } else { false } } == 1_000)
        guard case .ready? = messages.last else {
            Issue.record("not ready at the end")
            return
        }
    }

    @Test("A row that changes while a sample is on its way comes with this sample or the next, never not at all")
    func changesDuringASample() {
        let source = Source(FakeProvider(circuits: 600))
        var machine = live(source)
        for id in 1...600 as ClosedRange<Int64> { source.provider.change(id) { $0[.calls] = 1 } }
        guard case .send(let first) = machine.next(now: 100, from: source) else { return }
        #expect(first.messages.count == 1)
        for id in [1, 600] as [Int64] { source.provider.change(id) { $0[.calls] = 2 } }
        var latest: [Int64: Int64] = [:]
        for message in drain(&machine, at: 150, source) + drain(&machine, at: 200, source) {
            guard case .sample(let sample) = message else { continue }
            for row in sample.rows { latest[row.id] = row[.calls] }
        }
        #expect(latest[1] == 2)
        #expect(latest[600] == 2)
    }

    @Test("Who does not subscribe within 5 s is told so and closed")
    func subscribeTimeout() {
        let source = Source(FakeProvider())
        var machine = machine()
        _ = machine.next(now: 0, from: source)
        #expect(machine.next(now: 4_999, from: source) == .wait(until: 5_000))
        #expect(kinds(drain(&machine, at: 5_000, source)) == ["error timeout 0"])
    }

    @Test(
        "Before subscribe, what is malformed or out of place ends the conversation",
        arguments: [
            (.failure(WireError(.malformed, "no JSON")), "error malformed 1"),
            (.success(.command(.sample())), "error unexpected 1"),
        ] as [(Result<MonitorMessage, WireError>, String)]
    )
    func strictBefore(line: Result<MonitorMessage, WireError>, expected: String) {
        var machine = machine()
        #expect(machine.receive(line) == .none)
        guard case .close(let outbox, _) = machine.next(now: 0, from: Source(FakeProvider())) else {
            Issue.record("it goes on")
            return
        }
        #expect(kinds(outbox.messages) == ["hello", expected])
        #expect(machine.receive(subscribe()) == .none)
    }

    @Test("After subscribe, such a line is answered with its number and skipped, a hundred times")
    func tolerantAfter() {
        let source = Source(FakeProvider())
        var machine = live(source)
        _ = machine.receive(.failure(WireError(.malformed, "no JSON")))
        _ = machine.receive(.success(.unknown(type: "hologram")))
        _ = machine.receive(subscribe())
        #expect(machine.receive(.success(.command(.sample()))) == .command(.sample()))
        machine.answer(CommandResult(id: Command.sample().id, outcome: .success(1)))
        #expect(
            kinds(drain(&machine, at: 1, source))
                == ["error malformed 2", "error unexpected 3", "error unexpected 4", "result"])
        for _ in 4...100 {
            _ = machine.receive(.failure(WireError(.malformed, "no JSON")))
            #expect(kinds(drain(&machine, at: 1, source)).count == 1)
        }
        _ = machine.receive(.failure(WireError(.malformed, "no JSON")))
        guard case .close = machine.next(now: 1, from: source) else {
            Issue.record("it goes on for ever")
            return
        }
    }

    @Test("Answers that are not taken stop the reading")
    func full() {
        var machine = live(Source(FakeProvider()))
        for number in 1...64 {
            #expect(!machine.isFull)
            machine.answer(CommandResult(id: "\(number)", outcome: .success(1)))
        }
        #expect(machine.isFull)
    }

    @Test("An orderly end says bye after what was owed; the first reason counts")
    func bye() {
        let source = Source(FakeProvider())
        var machine = live(source)
        machine.answer(CommandResult(id: Command.sample().id, outcome: .success(1)))
        machine.stop(reason: "deploy")
        machine.peerClosed()
        guard case .close(let outbox, reason: "deploy") = machine.next(now: 1, from: source) else {
            Issue.record("it goes on, or ends for another reason")
            return
        }
        #expect(kinds(outbox.messages) == ["result", "bye deploy"])
    }
}
