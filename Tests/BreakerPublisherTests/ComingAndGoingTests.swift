// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Logging
import Resilience
import ResilienceTesting
import TestSupport
import Testing

@testable import BreakerPublisher

/// Through the real registry.
@Suite("Circuits that come and go")
struct ComingAndGoingTests {
    private let registry: Registry
    private let hub: Hub

    init() {
        registry = Registry(service: "orders", instance: "1", timeline: ManualClock().timeline)
        hub = Hub(provider: registry, configuration: .init())
    }

    private func make(_ count: Int, _ prefix: String) -> [Circuit] {
        (1...count).map { registry.circuit("\(prefix)-\($0)") }
    }

    /// A machine that is live, and how many circuits it was told to be there.
    private func subscriber() -> (SubscriberStateMachine, live: Set<Int64>) {
        var machine = SubscriberStateMachine(role: .operator, minimumInterval: 100, subscribeTime: 5_000, now: 0)
        _ = machine.receive(.success(.subscribe(Subscribe(client: "test", interval: 60_000))))
        var live: Set<Int64> = []
        _ = read(&machine, &live)
        return (machine, live)
    }

    /// Reads all that there is, and whether the conversation ends with it.
    private func read(_ machine: inout SubscriberStateMachine, _ live: inout Set<Int64>) -> Bool {
        while true {
            switch machine.next(now: 1, from: hub) {
            case .send(let outbox):
                for case .circuit(let circuit) in outbox.messages {
                    if circuit.isGone { live.remove(circuit.id) } else { live.insert(circuit.id) }
                }
            case .wait: return false
            case .close: return true
            }
        }
    }

    @Test("100,000 that come and go, many of them unseen, leave nothing behind but a bounded memory of the last")
    func bounded() {
        let lasting = registry.circuit("lasting")
        for round in 1...20 {
            let circuits = make(5_000, "\(round)")
            #expect(hub.descriptions().description(of: circuits[0].id)?.isGone == false)
            for circuit in circuits { registry.remove(circuit) }
            let board = hub.descriptions()
            #expect(board.count <= 1 + 5_000 + DescriptionBoard.maximumGone)
            #expect(board.description(of: circuits[0].id)?.isGone == true)
            let ids = board.changes(after: 0).map(\.id)
            #expect(ids.filter { board.description(of: $0)?.isGone == false } == [lasting.id])
        }
        #expect(registry.all.map(\.id) == [lasting.id])
        #expect(registry.circuits(changedAfter: 1).circuits.count <= 2_048)
    }

    @Test("A subscriber hears of each circuit that went, also when more of them went unseen than the service remembers")
    func told() {
        let lasting = registry.circuit("lasting")
        let circuits = make(5_000, "a")
        var (machine, live) = subscriber()
        #expect(live.count == 5_001)
        for circuit in circuits { registry.remove(circuit) }
        #expect(read(&machine, &live) == false)
        #expect(live == [lasting.id])
    }

    @Test("A subscriber that was away while more went than is remembered is closed; one that comes then gets the truth")
    func missed() {
        let lasting = registry.circuit("lasting")
        let circuits = make(3_000, "a")
        var (machine, live) = subscriber()
        #expect(live.count == 3_001)
        for piece in [circuits[..<1_500], circuits[1_500...]] {
            for circuit in piece { registry.remove(circuit) }
            // Somebody else reads.
            _ = hub.descriptions()
        }
        #expect(read(&machine, &live) == true)
        #expect(subscriber().live == [lasting.id])
        let more = make(1_000, "b")
        (machine, live) = subscriber()
        #expect(live.count == 1_001)
        for circuit in more { registry.remove(circuit) }
        #expect(read(&machine, &live) == false)
        #expect(live == [lasting.id])
    }

    @Test("The log names a command's circuit, also one that just went, and one that came after many others")
    func names() async {
        let lines = Shared<[String]>([])
        let desk = CommandDesk(
            provider: registry, isReadOnly: false, logger: Logger(label: "test") { _ in RecordingLog(lines: lines) },
            name: { [hub] in hub.descriptions().description(of: $0)?.name })
        let ann = Principal(.user(1), name: "uid 1 (ann)", role: .operator)
        for circuit in make(5_000, "a") { registry.remove(circuit) }
        let circuit = registry.circuit("charge")
        for (number, id) in [circuit.id, circuit.id, 99_999].enumerated() {
            if number == 1 { registry.remove(circuit) }
            let command = Command.sample(id: "\(number)", boot: registry.identity.boot, circuit: id)
            _ = await desk.handle(command, from: ann, now: 0)
        }
        let names = lines.value.map { line in ["charge", "?"].first { line.contains(" name=\($0) ") } }
        #expect(names == ["charge", "charge", "?"])
    }
}
