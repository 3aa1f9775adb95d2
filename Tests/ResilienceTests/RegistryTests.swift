// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("The registry", .timeLimit(.minutes(1)))
struct RegistryTests {
    private let clock = ManualClock()
    private let registry: Registry

    init() {
        registry = Registry(
            service: "orders", instance: "orders-1", environment: "test", timeline: clock.timeline,
            random: .seeded(1))
    }

    private func command(
        _ action: CommandAction, circuit: Int64 = 1, lifetime: Command.Lifetime? = nil, boot: String? = nil,
        reason: String = "", revision: Int64? = nil
    ) -> Command {
        Command(
            id: "c-\(action.rawValue)", boot: boot ?? registry.identity.boot, circuit: circuit, action: action,
            lifetime: lifetime, reason: reason, claimed: "ann", ifOverrideRevision: revision)
    }

    private func fail(_ circuit: Circuit, times: Int) async {
        for _ in 0..<times { try? await circuit.run { throw ScriptedError() } }
    }

    @Test("Identity comes from parameters, with the service's name as the last resort")
    func identity() {
        #expect(registry.identity.instance == "orders-1")
        #expect(registry.identity.environment == "test")
        #expect(registry.identity.boot.count == 16)
        #expect(registry.identity.pid > 0)
        #expect(registry.identity.started == ManualClock.epoch + 1_000)
        #expect(Registry(service: "a").identity.boot != Registry(service: "a").identity.boot)
    }

    @Test("A name gives one circuit; a number is never used again")
    func numbers() throws {
        let first = registry.circuit("a", target: .init(service: "payments"), tags: ["tier": "1"])
        #expect(registry.circuit("a", timeout: .seconds(1)) === first)
        #expect(first.configuration.timeout == nil)
        let second = registry.circuit("b")
        registry.remove(first)
        registry.remove(first)
        let again = registry.circuit("a")
        #expect([first.id, second.id, again.id] == [1, 2, 3])
        #expect(registry.sample().rows.map(\.id) == [2, 3])
        #expect(registry.circuit(id: 1) == nil)
    }

    @Test("Descriptions are told when they change, and only then")
    func descriptions() async throws {
        let circuit = registry.circuit(
            "charge", target: .init(service: "payments", endpoint: "POST /charge"), tags: ["tier": "1"])
        let other = registry.circuit("other")
        let all = registry.circuits(changedAfter: 0)
        #expect(all.circuits.map(\.name) == ["charge", "other"])
        let description = try #require(all.circuits.first)
        #expect(
            description
                == CircuitDescription(
                    id: 1, name: "charge", target: .init(service: "payments", endpoint: "POST /charge"),
                    tags: ["tier": "1"],
                    rule: .init(name: "failure_ratio", threshold: 600, minimumCalls: 5, window: 10_000),
                    openTime: 4_000, probeLimit: 3, probeNeed: 3))
        #expect(registry.circuits(changedAfter: all.revision).circuits.isEmpty)
        await fail(circuit, times: 5)
        let tripped = registry.circuits(changedAfter: all.revision)
        #expect(tripped.circuits.map(\.trip?.failed) == [5])
        _ = registry.perform(command(.forceOpen, lifetime: .untilCleared), by: "uid 7")
        let forced = registry.circuits(changedAfter: tripped.revision)
        #expect(forced.circuits.map(\.override.mode) == [.forcedOpen])
        #expect(forced.circuits.first?.override.principal == "uid 7")
        registry.remove(other)
        let gone = registry.circuits(changedAfter: forced.revision)
        #expect(gone.circuits.map(\.name) == ["other"])
        #expect(gone.circuits.map(\.isGone) == [true])
        #expect(registry.circuits(changedAfter: 0).circuits.map(\.name) == ["charge"])
    }

    @Test("Who asks so late that not every circuit that went is remembered is told so")
    func goneUnseen() {
        let circuits = (1...3_000).map { registry.circuit("\($0)") }
        let before = registry.circuits(changedAfter: 0)
        #expect(before.circuits.count == 3_000 && before.isComplete)
        for circuit in circuits.prefix(1_000) { registry.remove(circuit) }
        let early = registry.circuits(changedAfter: before.revision)
        #expect(early.circuits.map(\.id) == Array(1...1_000) && early.isComplete)
        for circuit in circuits.dropFirst(1_000) { registry.remove(circuit) }
        let late = registry.circuits(changedAfter: before.revision)
        #expect(!late.isComplete)
        #expect((1_024...2_048).contains(late.circuits.count))
        #expect(late.circuits.last?.id == 3_000)
        let missing = registry.circuits(changedAfter: early.revision)
        #expect(missing.isComplete == (missing.circuits.count == 2_000))
        #expect(registry.circuits(changedAfter: late.revision).isComplete)
        let all = registry.circuits(changedAfter: 0)
        #expect(all.circuits.isEmpty && all.isComplete && all.revision == late.revision)
    }

    @Test("A circuit is found by its number, wherever others went")
    func found() {
        let circuits = (1...9).map { registry.circuit("\($0)") }
        for number in [0, 4, 8] { registry.remove(circuits[number]) }
        for circuit in circuits {
            let isThere = ![1, 5, 9].contains(circuit.id)
            #expect(registry.circuit(id: circuit.id) === (isThere ? circuit : nil))
        }
        for id in [.min, 0, 10, .max] as [Int64] { #expect(registry.circuit(id: id) == nil) }
    }

    @Test("One row holds breaker, retry and fallback; what is not there is unknown")
    func rows() async throws {
        let circuit = registry.circuit(
            "charge", breaker: .init(rule: .consecutiveFailures(10)), retry: .init(attempts: 2, backoff: .none),
            timeout: .seconds(1))
        let plain = registry.circuit("plain")
        let script = ScriptedOutcomes<Int>([.failure(ScriptedError()), .success(1), .failure(ScriptedError())])
        #expect(try await circuit.run { try script.call() } == 1)
        let answer = await circuit.run {
            try script.call()
        } fallback: { _ in
            2
        }
        #expect(answer == 2)
        await #expect(throws: ScriptedError("worse")) {
            try await circuit.run {
                try script.call()
            } fallback: { _ in
                throw ScriptedError("worse")
            }
        }
        clock.advance(by: .seconds(3))
        let row = circuit.row()
        let expected: [(Field, Int64?)] = [
            (.calls, 6), (.ok, 1), (.failed, 5), (.inFlight, 0), (.retries, 3), (.retriesSaved, 1),
            (.retriesExhausted, 2), (.retriesDenied, 0), (.fallbacks, 1), (.fallbacksFailed, 1),
            (.consecutiveFailed, 4), (.windowCalls, nil), (.lastCall, 0), (.slow, nil), (.bulkheadInUse, nil),
            (.latencyP50, 0), (.stateSince, 0),
        ]
        for (field, value) in expected { #expect(row[field] == value, "\(field)") }
        #expect(plain.row()[.retries] == nil)
        #expect(plain.row()[.fallbacks] == 0)
        #expect(plain.row()[.lastCall] == nil)
    }

    @Test("Events have numbers without holes, and the sample includes them")
    func events() async throws {
        let recorder = EventRecorder()
        registry.onEvent(recorder.record)
        let circuit = registry.circuit("charge", retry: .init(attempts: 2, backoff: .none))
        clock.advance(by: .seconds(2))
        await fail(circuit, times: 3)
        clock.advance(by: .seconds(4))
        for _ in 1...3 { try await circuit.run {} }
        let page = registry.events(after: 0, limit: 100)
        #expect(page.events.map(\.seq) == Array(1...page.newest))
        #expect(page.oldest == 1)
        #expect(recorder.events == page.events)
        #expect(registry.sample().seq == page.newest)
        #expect(recorder.stateChanges.map(\.to) == [.open, .halfOpen, .closed])
        let opened = try #require(page.events.first { if case .state = $0.kind { true } else { false } })
        #expect(opened.at == TelemetryInstant(t: ManualClock.epoch + 3_000, up: 2_000))
        #expect(registry.events(after: 1, limit: 2).events.map(\.seq) == [2, 3])
        #expect(registry.events(after: page.newest, limit: 10).events.isEmpty)
        #expect(registry.events(after: .max, limit: 10).events.isEmpty)
        #expect(registry.events(after: .min + 1, limit: .max).events.count == Int(page.newest))
        let exhausted = page.events.contains { $0.kind == .retryExhausted(attempts: 2, error: "scripted") }
        #expect(exhausted)
    }

    @Test("The log keeps the newest 1,024 and says from where")
    func ring() {
        _ = registry.circuit("charge")
        for _ in 1...1_500 { _ = registry.perform(command(.reset), by: "uid 7") }
        let page = registry.events(after: 3, limit: 5)
        #expect(page.newest == 1_500)
        #expect(page.oldest == 477)
        #expect(page.events.map(\.seq) == [477, 478, 479, 480, 481])
        #expect(registry.events(after: 0, limit: 5_000).events.count == 1_024)
    }

    @Test("A command is done and recorded, with the number of its record")
    func commands() throws {
        let circuit = registry.circuit("charge")
        let result = registry.perform(
            command(.forceOpen, lifetime: .limited(60_000), reason: "drill", revision: 0), by: "uid 7")
        #expect(result == CommandResult(id: "c-force_open", outcome: .success(1)))
        #expect(
            circuit.breaker.override
                == CircuitOverride(
                    mode: .forcedOpen, revision: 1, principal: "uid 7", claimed: "ann", reason: "drill", since: 0,
                    until: 60_000))
        let kinds = registry.events(after: 0, limit: 10).events.map(\.kind)
        #expect(
            kinds.first
                == .command(
                    CommandRecord(
                        id: "c-force_open", action: .forceOpen, principal: "uid 7", claimed: "ann", reason: "drill")))
        #expect(kinds.count == 2)
        clock.advance(by: .seconds(60))
        registry.advance()
        #expect(circuit.breaker.override.mode == .none)
        #expect(circuit.breaker.state == .halfOpen)
    }

    @Test("What is wrong with a command is said, recorded, and changes nothing")
    func refusals() {
        let circuit = registry.circuit("charge")
        let long = String(repeating: "é", count: 201)
        let cases: [(Command, CommandError.Code)] = [
            (command(.reset, boot: "0000000000000000"), .wrongBoot),
            (command(.reset, circuit: 2), .unknownCircuit),
            (command(.reset, circuit: .min), .unknownCircuit),
            (command(.forceOpen), .invalid),
            (command(.forceOpen, lifetime: .limited(0)), .invalid),
            (command(.forceClosed, lifetime: .limited(.min)), .invalid),
            (command(.forceClosed, lifetime: .limited(.max)), .invalid),
            (command(.forceOpen, lifetime: .limited(Registry.maximumLifetime + 1)), .invalid),
            (command(.reset, reason: long), .invalid),
            (command(.clear), .notApplicable),
            (command(.probe), .notApplicable),
            (command(.reset, revision: 7), .overrideConflict),
        ]
        for (index, (command, code)) in cases.enumerated() {
            clock.advance(by: .seconds(1))
            let result = registry.perform(command, by: "uid 7")
            guard case .failure(let error) = result.outcome else {
                Issue.record("\(command) was done")
                continue
            }
            #expect(error.code == code, "\(command)")
            let newest = registry.events(after: Int64(index), limit: 10)
            #expect(newest.events.count == 1)
            if case .command(let record)? = newest.events.first?.kind {
                #expect(record.refusal == code)
                #expect(record.reason.count <= 200)
            } else {
                Issue.record("not recorded: \(command)")
            }
        }
        #expect(circuit.breaker.override == CircuitOverride())
        let longest = command(.forceOpen, lifetime: .limited(Registry.maximumLifetime))
        #expect(registry.perform(longest, by: "uid 7").outcome.isSuccess)
    }

    @Test("Too many events of a circuit are left out and told, commands and overrides never")
    func suppression() async throws {
        let noisy = registry.circuit(
            "noisy",
            breaker: .init(
                rule: .consecutiveFailures(1), openFor: .milliseconds(1), probeLimit: 1, probeNeed: 1))
        let calm = registry.circuit("calm", breaker: .init(rule: .consecutiveFailures(1)))
        // Each round opens, half-opens, fails a probe: two changes of state and a probe call.
        for _ in 1...500 {
            await fail(noisy, times: 1)
            clock.advance(by: .milliseconds(2))
        }
        await fail(calm, times: 1)
        for _ in 1...50 { _ = registry.perform(command(.reset), by: "uid 7") }
        let flood = registry.events(after: 0, limit: 2_000).events
        let ofNoisy = flood.filter { $0.circuit == noisy.id }
        #expect(ofNoisy.count { if case .command = $0.kind { true } else { false } } == 50)
        let limited = ofNoisy.count { $0.kind.limitedName != nil }
        #expect((10...21).contains(limited), "\(limited) in a second")
        #expect(flood.contains { $0.circuit == calm.id })
        #expect(noisy.row()[.opened] == 500)
        let before = registry.log.newest
        clock.advance(by: .seconds(1))
        registry.advance()
        let told = registry.events(after: before, limit: 100).events.map(\.kind)
        #expect(told.count == 2)
        let counted = flood.map(\.kind) + told
        let left = counted.reduce(into: Int64(0)) { sum, kind in
            if case .suppressed(_, let count) = kind { sum += count }
        }
        // 500 openings, 499 half-openings, 499 failed probes, and the reset that closed it.
        #expect(Int64(limited) + left == 500 + 499 + 499 + 1)
        registry.advance()
        #expect(registry.log.newest == before + 2)
    }

    @Test("Descriptions tell of a trip even where its event was left out")
    func suppressedTrip() async {
        let noisy = registry.circuit(
            "noisy",
            breaker: .init(
                rule: .consecutiveFailures(1), openFor: .nanoseconds(1), probeLimit: 1, probeNeed: 1))
        for _ in 1...50 {
            await fail(noisy, times: 1)
            clock.advance(by: .nanoseconds(1))
        }
        let revision = registry.circuits(changedAfter: 0).revision
        let newest = registry.log.newest
        await fail(noisy, times: 1)
        #expect(registry.log.newest == newest)
        #expect(registry.circuits(changedAfter: revision).circuits.map(\.id) == [1])
    }

    @Test("Every observer hears of activity; one that leaves is forgotten")
    func activity() async throws {
        let circuit = registry.circuit("charge")
        var first = registry.activity().makeAsyncIterator()
        do {
            let second = registry.activity()
            #expect(registry.log.observerCount == 2)
            try circuit.breaker.forceOpen(for: nil)
            try circuit.breaker.clear()
            var iterator = second.makeAsyncIterator()
            #expect(await iterator.next() != nil)
        }
        #expect(await first.next() != nil)
        #expect(registry.log.observerCount == 1)
        let task = Task { [registry] in for await _ in registry.activity() {} }
        task.cancel()
        await task.value
        #expect(registry.log.observerCount == 1)
        registry.remove(circuit)
        #expect(await first.next() != nil)
    }

    @Test("A circuit that is gone is seen no more, but goes on protecting")
    func gone() async throws {
        let circuit = registry.circuit("charge", breaker: .init(rule: .consecutiveFailures(1)))
        registry.remove(circuit)
        await fail(circuit, times: 1)
        #expect(circuit.breaker.state == .open)
        #expect(registry.log.newest == 0)
        let result = registry.perform(command(.reset), by: "uid 7")
        #expect(!result.outcome.isSuccess)
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
