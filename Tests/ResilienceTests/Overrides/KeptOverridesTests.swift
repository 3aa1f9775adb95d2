// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Glibc
import ResilienceTesting
import Synchronization
import TestSupport
import Testing

@testable import Resilience

@Suite("Overrides over a restart", .timeLimit(.minutes(1)))
struct KeptOverridesTests {
    private let clock = ManualClock()
    private let folder: TemporaryFolder
    private let path: String
    private let report = Report()

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/overrides.json"
    }

    /// A process of the service; the next may begin when this one is let go.
    private func boot(wallOffset: Int64 = 0) -> Registry {
        var timeline = clock.timeline
        let wallClock = timeline.wallClock
        timeline.wallClock = { wallClock() + wallOffset }
        return Registry(
            service: "orders", instance: "orders-1", overrides: .kept(in: path, report: report.take),
            timeline: timeline)
    }

    private func inOneBoot(wallOffset: Int64 = 0, _ body: (Registry) async throws -> Void) async throws {
        // The writer's thread of the boot before may need a moment to let the file go.
        while true {
            do {
                try OverrideFile(path, service: "orders").take()
                break
            } catch {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        let registry = boot(wallOffset: wallOffset)
        try await body(registry)
        await registry.flush()
    }

    private func refusals(_ circuit: Circuit, of calls: Int = 5) async -> Int {
        var count = 0
        for _ in 0..<calls {
            do { try await circuit.run {} } catch { count += 1 }
        }
        return count
    }

    @Test("A forced open refuses the first call after a restart, and says since when, by whom and why")
    func restored() async throws {
        try await inOneBoot { registry in
            try registry.circuit("charge").breaker.forceOpen(
                for: .seconds(60), reason: "INC-42", principal: "uid 7", claimed: "ann")
        }
        clock.advance(by: .seconds(20))
        try await inOneBoot { registry in
            let recorder = EventRecorder()
            registry.onEvent(recorder.record)
            let circuit = registry.circuit("charge")
            #expect(await refusals(circuit, of: 1) == 1)
            let slot = CircuitOverride(
                mode: .forcedOpen, revision: 2, principal: "uid 7", claimed: "ann", reason: "INC-42", since: -20_000,
                until: 40_000)
            #expect(circuit.describe().override == slot)
            #expect(circuit.row()[.rejectedForced] == 1)
            #expect(
                recorder.events.map(\.kind)
                    == [.override(OverrideChange(from: .none, to: slot, cause: .restored))])
            #expect(registry.circuits(changedAfter: 0).circuits.first?.override == slot)
            clock.advance(by: .seconds(39))
            #expect(await refusals(circuit) == 5)
            clock.advance(by: .seconds(1))
            #expect(await refusals(circuit) == 0)
        }
        #expect(
            report.sentences == [
                #""charge" is forced open again after the restart, for another 40 s: by "ann", reason "INC-42""#
            ])
    }

    @Test("It ends at its time in the second boot and the third, though nobody watches and nobody calls")
    func expires() async throws {
        try await inOneBoot { try $0.circuit("charge").breaker.forceOpen(for: .seconds(60)) }
        for _ in 1...2 {
            clock.advance(by: .seconds(20))
            try await inOneBoot { registry in
                registry.advance()
                #expect(registry.circuit("charge").breaker.override.mode == .forcedOpen)
            }
        }
        try await inOneBoot { registry in
            let circuit = registry.circuit("charge")
            clock.advance(by: .seconds(20))
            registry.advance()
            #expect(circuit.breaker.override == CircuitOverride(revision: 5))
            #expect(circuit.breaker.state == .halfOpen)
        }
        #expect(try storedOverrides(path).isEmpty)
    }

    @Test("One whose time was over before the restart is not restored")
    func over() async throws {
        try await inOneBoot { try $0.circuit("charge").breaker.forceOpen(for: .seconds(60)) }
        clock.advance(by: .seconds(60))
        try await inOneBoot { registry in
            let circuit = registry.circuit("charge")
            #expect(await refusals(circuit) == 0)
            #expect(registry.events(after: 0, limit: 10).events.isEmpty)
        }
    }

    @Test("A forced closed, and one until cleared, are restored too; a clear ends it for good")
    func others() async throws {
        try await inOneBoot { registry in
            try registry.circuit("a").breaker.forceClosed(for: nil)
            try registry.circuit("b").breaker.forceOpen(for: nil)
            try registry.circuit("c").breaker.forceOpen(for: nil)
            try registry.circuit("c").breaker.reset()
        }
        clock.advance(by: .seconds(100_000_000))
        try await inOneBoot { registry in
            let modes = ["a", "b", "c"].map { registry.circuit($0).breaker.override.mode }
            #expect(modes == [.forcedClosed, .forcedOpen, .none])
            try registry.circuit("b").breaker.clear()
        }
        try await inOneBoot { registry in
            let modes = ["a", "b", "c"].map { registry.circuit($0).breaker.override.mode }
            #expect(modes == [.forcedClosed, .none, .none])
        }
    }

    @Test("A clock that was set back makes no override longer than it was to last")
    func clockSetBack() async throws {
        try await inOneBoot { try $0.circuit("charge").breaker.forceOpen(for: .seconds(60)) }
        try await inOneBoot(wallOffset: -3_600_000) { registry in
            let circuit = registry.circuit("charge")
            #expect(circuit.breaker.override.since == 0)
            #expect(circuit.breaker.override.until == 60_000)
            clock.advance(by: .seconds(50))
        }
        try await inOneBoot(wallOffset: -3_600_000) { registry in
            let circuit = registry.circuit("charge")
            #expect(circuit.breaker.override.until == 10_000, "it does not begin anew with each restart")
        }
    }

    @Test("What is kept for circuits that are made later, or never, stays")
    func neverMade() async throws {
        try await inOneBoot { registry in
            try registry.circuit("a").breaker.forceOpen(for: nil)
            try registry.circuit("b").breaker.forceOpen(for: nil)
        }
        try await inOneBoot { try $0.circuit("a").breaker.clear() }
        try await inOneBoot { registry in
            #expect(registry.circuit("a").breaker.override.mode == .none)
            #expect(registry.circuit("b").breaker.override.mode == .forcedOpen)
        }
    }

    @Test("A circuit that is taken down leaves its override to the next of its name")
    func removed() async throws {
        try await inOneBoot { registry in
            let first = registry.circuit("charge")
            try first.breaker.forceOpen(for: nil)
            registry.remove(first)
            try first.breaker.clear()
            #expect(await refusals(registry.circuit("charge")) == 5)
        }
        try await inOneBoot { #expect(await refusals($0.circuit("charge")) == 5) }
    }

    /// Waits for something that a keeper's thread does.
    private func until(_ isDone: () -> Bool) async throws {
        while !isDone() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("A process that starts before the old one ends refuses its first call, and keeps once the old one is gone")
    func overlap() async throws {
        var old: Registry? = boot()
        try old?.circuit("stopped").breaker.forceOpen(for: nil, reason: "before the overlap")
        await old?.flush()

        let new = boot()
        #expect(await refusals(new.circuit("stopped"), of: 1) == 1)
        #expect(report.sentences.count == 2)
        #expect(report.sentences.first?.contains("another process keeps its overrides in '\(path)'") == true)
        #expect(report.sentences.last?.contains(#""stopped" is forced open again after the restart"#) == true)
        #expect(old?.identity.keepsOverrides == true && new.identity.keepsOverrides == false)
        let recorder = EventRecorder()
        new.onEvent(recorder.record)
        for name in ["later", "settled"] { #expect(await refusals(new.circuit(name), of: 2) == 0) }
        try old?.circuit("later").breaker.forceOpen(for: nil, reason: "told the old one during the overlap")
        try old?.circuit("settled").breaker.forceOpen(for: nil, reason: "told the old one")
        try new.circuit("settled").breaker.forceClosed(for: nil, reason: "told the new one")
        await old?.flush()
        await new.flush()
        #expect(try storedOverrides(path)["settled"]?.reason == "told the old one", "the file is not ours yet")

        old = nil
        try await until { report.sentences.contains("overrides are kept over a restart from now on, in '\(path)'") }
        #expect(new.identity.keepsOverrides == true)
        #expect(await refusals(new.circuit("later")) == 5)
        #expect(new.circuit("later").breaker.override.reason == "told the old one during the overlap")
        #expect(new.circuit("settled").breaker.override.reason == "told the new one")
        let restored = recorder.events.filter { event in
            guard case .override(let change) = event.kind else { return false }
            return change.cause == .restored
        }
        #expect(restored.map(\.circuit) == [new.circuit("later").id])
        try new.circuit("stopped").breaker.clear()
        await new.flush()
        let kept = try storedOverrides(path)
        #expect(kept.mapValues(\.mode) == ["later": .forcedOpen, "settled": .forcedClosed])
        #expect(report.sentences.contains { $0.contains(#""later" is forced open again after the restart"#) })
        #expect(report.sentences.count == 5, "\(report.sentences)")
    }

    @Test("A shutdown waits for a disk that does not answer no longer than it has to, and says what is not on it")
    func hungDisk() async throws {
        // Held up in the midst of writing by whoever it reports to, as it would be by a disk.
        let gate = Mutex<Bool>(false)
        mkdir("\(folder.path)/two", 0o700)
        let registry = Registry(
            service: "orders",
            overrides: .kept(in: "\(folder.path)/two/overrides.json") { [report] sentence in
                report.take(sentence)
                guard sentence.contains("for now") else { return }
                while !gate.withLock({ $0 }) { usleep(1_000) }
            }, timeline: clock.timeline)
        let breaker = registry.circuit("charge").breaker
        unlink("\(folder.path)/two/overrides.json.lock")
        rmdir("\(folder.path)/two")
        close(open("\(folder.path)/two", O_WRONLY | O_CREAT, 0o600))
        try breaker.forceOpen(for: nil)
        try await until { report.sentences.count == 1 }
        async let flushed: Void = registry.flush()
        await clock.waitForSleepers()
        clock.advance(by: OverrideKeeper.patience)
        await flushed
        let sentence = try #require(report.sentences.last)
        #expect(sentence.contains("not kept for charge: the disk did not answer within 5.0 seconds"), "\(sentence)")
        gate.withLock { $0 = true }
    }

    @Test("Without being asked to, a registry keeps nothing")
    func notKept() async throws {
        let registry = Registry(service: "orders", timeline: clock.timeline)
        try registry.circuit("charge").breaker.forceOpen(for: nil)
        await registry.flush()
        #expect(registry.keeper == nil)
        #expect(registry.identity.keepsOverrides == false)
    }

    @Test("A folder that is made is told, and one above it is never made")
    func missingFolder() throws {
        let made = Registry(service: "orders", overrides: .kept(in: "\(folder.path)/a/o.json", report: report.take))
        #expect(made.identity.keepsOverrides == true)
        #expect(report.sentences.first?.hasPrefix("folder '\(folder.path)/a' was missing and has been made") == true)
        let again = Registry(service: "orders", overrides: .kept(in: "\(folder.path)/b/c/o.json", report: report.take))
        #expect(again.identity.keepsOverrides == false)
        #expect(report.sentences.count == 2)
        #expect(report.sentences.last?.contains("cannot open folder '\(folder.path)/b/c': No such file") == true)
        #expect(report.sentences.last?.contains("make it") == true)
        #expect(!folder.exists("b"))
    }

    @Test("An override that was extended in the old process during the overlap outlives its copy in the new one")
    func extended() async throws {
        var old: Registry? = boot()
        try old?.circuit("charge").breaker.forceOpen(for: .seconds(60))
        await old?.flush()
        let new = boot()
        let circuit = new.circuit("charge")
        try old?.circuit("charge").breaker.forceOpen(for: .seconds(600), reason: "longer")
        await old?.flush()
        clock.advance(by: .seconds(61))
        new.advance()
        #expect(circuit.breaker.override.mode == .none)
        old = nil
        try await until { new.identity.keepsOverrides == true }
        try await until { circuit.breaker.override.mode == .forcedOpen }
        #expect(circuit.breaker.override.reason == "longer")
        #expect(circuit.breaker.override.revision > 3, "it rises")
        await new.flush()
        #expect(try storedOverrides(path)["charge"]?.reason == "longer")
    }

    @Test(
        "An override that was changed in the old process during the overlap holds in the new one, whose copy still held",
        arguments: [CommandAction.forceOpen, .forceClosed], [false, true])
    func changed(_ action: CommandAction, isMadeAnew: Bool) async throws {
        var old: Registry? = boot()
        try old?.circuit("charge").breaker.forceOpen(for: .seconds(60), reason: "first")
        await old?.flush()
        let new = boot()
        if isMadeAnew { new.remove(new.circuit("charge")) }
        let circuit = new.circuit("charge")
        let copy = circuit.breaker.override
        #expect(copy.reason == "first")
        let order = CircuitBreakerStateMachine.Order(
            action: action, lifetime: Duration.seconds(600).nanoseconds, reason: "changed")
        _ = try old?.circuit("charge").breaker.perform(order).get()
        await old?.flush()
        old = nil
        try await until { report.sentences.contains("overrides are kept over a restart from now on, in '\(path)'") }
        clock.advance(by: .seconds(61))
        new.advance()
        let held = circuit.breaker.override
        #expect(held.reason == "changed")
        #expect(held.mode == (action == .forceOpen ? .forcedOpen : .forcedClosed))
        #expect(held.revision > copy.revision, "it rises")
        await new.flush()
        #expect(try storedOverrides(path)["charge"]?.reason == "changed")
    }

    @Test("A new process that stops before the old one says nothing of overrides that nobody has changed in it")
    func earlyEnd() async throws {
        let old = boot()
        for name in ["kept", "cleared"] { try old.circuit(name).breaker.forceOpen(for: nil) }
        await old.flush()
        let new = boot()
        #expect(await refusals(new.circuit("kept"), of: 1) == 1)
        try old.circuit("cleared").breaker.clear()
        await old.flush()
        await new.flush()
        #expect(report.sentences.count == 2, "\(report.sentences)")
        #expect(report.sentences.last?.contains("again after the restart") == true)
        try new.circuit("kept").breaker.clear()
        await new.flush()
        #expect(report.sentences.last?.contains("not kept for kept: another process still has the file") == true)
    }

    @Test(
        "Want of descriptors at the start is told, and over when they are there; nobody is told to remove anything",
        arguments: 0...2)
    func descriptors(spare: Int) async throws {
        try await inOneBoot { try $0.circuit("charge").breaker.forceOpen(for: nil, reason: "kept") }
        await #expect(processExitsWith: .success) { [path = path as String, spare = spare as Int] in
            let report = Report()
            var taken: [CInt] = []
            while case let copy = dup(STDERR_FILENO), copy >= 0 { taken.append(copy) }
            for copy in taken.suffix(spare) { close(copy) }
            let registry = Registry(service: "orders", overrides: .kept(in: path, report: report.take))
            let words = report.sentences.joined(separator: "\n")
            precondition(words.contains("Too many open files; the service tries again"), words)
            precondition(!words.contains("remove it") && registry.identity.keepsOverrides == false, words)
            let circuit = registry.circuit("charge")
            for copy in taken.dropLast(spare) { close(copy) }
            while registry.identity.keepsOverrides != true { try await Task.sleep(for: .milliseconds(1)) }
            while circuit.breaker.override.reason != "kept" { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("A folder that was made at the start and removed later is missed, and not made")
    func goneFolder() async throws {
        let path = "\(folder.path)/a/o.json"
        let registry = Registry(service: "orders", overrides: .kept(in: path, report: report.take))
        unlink("\(path).lock")
        rmdir("\(folder.path)/a")
        try registry.circuit("charge").breaker.forceOpen(for: nil)
        await registry.flush()
        #expect(registry.identity.keepsOverrides == false)
        #expect(!folder.exists("a"))
        #expect(report.sentences.contains { $0.contains("cannot open folder '\(folder.path)/a': No such file") })
    }

    @Test("Why what another process keeps cannot be read is told")
    func unreadableAtStart() async throws {
        let old = boot()
        try old.circuit("charge").breaker.forceOpen(for: nil)
        await old.flush()
        chmod(path, 0o666)
        let new = boot()
        #expect(await refusals(new.circuit("charge"), of: 1) == 0)
        let words = "'\(path)', which another process has, cannot be read: others may"
        #expect(report.sentences.contains { $0.contains(words) })
    }

    @Test("Commands of many at once leave in the file what holds in the end")
    func hammering() async throws {
        try await inOneBoot { registry in
            let circuits = (0..<4).map { registry.circuit("circuit \($0)") }
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(worker))
                        for _ in 1...200 {
                            let breaker = circuits[Int.random(in: 0..<4, using: &random)].breaker
                            switch Int.random(in: 0..<3, using: &random) {
                            case 0: try? breaker.clear()
                            case 1: try? breaker.forceOpen(for: nil)
                            default: try? breaker.forceClosed(for: nil)
                            }
                            if Int.random(in: 0..<50, using: &random) == 0 { await registry.flush() }
                        }
                    }
                }
            }
            await registry.flush()
            let held = circuits.filter { $0.breaker.override.mode != .none }
            let kept = try storedOverrides(path)
            #expect(kept.count == held.count)
            for circuit in held {
                #expect(kept[circuit.name]?.mode == circuit.breaker.override.mode)
                #expect(kept[circuit.name]?.revision == circuit.breaker.override.revision)
            }
        }
        #expect(report.sentences.isEmpty)
    }
}
