// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Resilience

@Suite("What a state file should hold")
struct OverrideKeeperStateMachineTests {
    private let now = TelemetryInstant(t: 1_000_000, up: 0)

    private func forced(_ revision: Int64) -> CircuitOverride {
        CircuitOverride(mode: .forcedOpen, revision: revision, since: 0)
    }

    @Test("One writer at a time, which takes what is newest")
    func coalescing() {
        var machine = OverrideKeeperStateMachine([:])
        _ = machine.enter("a", circuit: 1, at: now)
        let isFirst = machine.note("a", circuit: 1, forced(1), at: now)
        #expect(isFirst)
        let first = machine.next(at: now)
        #expect(first?.overrides["a"]?.revision == 1)
        for revision in 2...4 {
            let isStarting = machine.note("a", circuit: 1, forced(Int64(revision)), at: now)
            #expect(!isStarting)
        }
        _ = machine.ended(first?.version ?? 0, failure: nil)
        let second = machine.next(at: now)
        #expect(second?.overrides["a"]?.revision == 4)
        _ = machine.ended(second?.version ?? 0, failure: nil)
        #expect(machine.next(at: now) == nil)
        #expect(machine.version == machine.written)
        let isStarting = machine.note("a", circuit: 1, CircuitOverride(revision: 5), at: now)
        #expect(isStarting)
        #expect(machine.next(at: now)?.overrides.isEmpty == true)
    }

    @Test("What has not changed is not written")
    func unchanged() {
        var machine = OverrideKeeperStateMachine([:])
        _ = machine.enter("a", circuit: 1, at: now)
        for slot in [
            CircuitOverride(), forced(1), forced(1), CircuitOverride(revision: 2), CircuitOverride(revision: 3),
        ] {
            _ = machine.note("a", circuit: 1, slot, at: now)
        }
        #expect(machine.version == 2)
    }

    @Test("Of two changes at once the later one holds, in whichever order they come")
    func order() {
        var machine = OverrideKeeperStateMachine([:])
        _ = machine.enter("a", circuit: 1, at: now)
        _ = machine.note("a", circuit: 1, CircuitOverride(revision: 2), at: now)
        _ = machine.note("a", circuit: 1, forced(1), at: now)
        #expect(machine.overrides.isEmpty)
    }

    @Test("A failure is told once, another one too, and the end of it")
    func failures() {
        var machine = OverrideKeeperStateMachine([:])
        _ = machine.enter("a", circuit: 1, at: now)
        _ = machine.note("a", circuit: 1, forced(1), at: now)
        let steps: [(failure: String?, told: OverrideKeeperStateMachine.Notice?)] = [
            ("no space", .failing("no space")), ("no space", nil), ("no folder", .failing("no folder")),
            (nil, .keptAgain),
        ]
        for (index, step) in steps.enumerated() {
            if index > 0 {
                let isStarting = machine.retry()
                #expect(isStarting)
                let again = machine.retry()
                #expect(!again, "there is a writer")
            }
            let draft = machine.next(at: now)
            #expect(draft?.overrides["a"]?.revision == 1)
            let told = machine.ended(draft?.version ?? 0, failure: step.failure)
            #expect(told == step.told)
            #expect(machine.next(at: now) == nil, "it does not try again by itself")
        }
        let isStarting = machine.retry()
        #expect(!isStarting, "all is written")
        _ = machine.note("a", circuit: 1, forced(2), at: now)
        let draft = machine.next(at: now)
        let told = machine.ended(draft?.version ?? 0, failure: nil)
        #expect(told == nil)
    }

    @Test("Who has lost a name has no say in what is kept under it")
    func names() {
        var machine = OverrideKeeperStateMachine([:])
        _ = machine.enter("a", circuit: 1, at: now)
        _ = machine.note("a", circuit: 1, forced(1), at: now)
        machine.leave("a", circuit: 1)
        _ = machine.note("a", circuit: 1, CircuitOverride(revision: 2), at: now)
        #expect(machine.overrides["a"]?.revision == 1)
        #expect(machine.enter("a", circuit: 2, at: now)?.stored.revision == 1)
        machine.leave("a", circuit: 1)
        _ = machine.note("a", circuit: 1, CircuitOverride(revision: 3), at: now)
        #expect(machine.overrides["a"]?.revision == 1)
        _ = machine.note("a", circuit: 2, CircuitOverride(revision: 3), at: now)
        #expect(machine.overrides["a"] == nil)
        _ = machine.note("never entered", circuit: 3, forced(1), at: now)
        #expect(machine.overrides.isEmpty)
    }

    @Test("While the file is another's nothing is written; then what it says holds, except where somebody decided here")
    func waiting() {
        func stored(_ revision: Int64, until: Milliseconds? = nil) -> StoredOverride {
            StoredOverride(mode: .forcedOpen, revision: revision, since: 0, until: until)
        }
        var machine = OverrideKeeperStateMachine(
            ["early": stored(4), "longer": stored(4), "never made": stored(1)], isHolding: false)
        for (index, name) in ["early", "late", "set", "ended", "over", "free", "longer"].enumerated() {
            let resumed = machine.enter(name, circuit: Int64(index), at: now)
            #expect((resumed != nil) == (name == "early" || name == "longer"))
        }
        // As it was restored: no decision.
        var isStarting = machine.note("early", circuit: 0, forced(5), at: now)
        #expect(!isStarting)
        _ = machine.note("longer", circuit: 6, forced(5), at: now)
        isStarting = machine.note("set", circuit: 2, forced(1), at: now)
        #expect(!isStarting)
        _ = machine.note("ended", circuit: 3, forced(1), at: now)
        _ = machine.note("ended", circuit: 3, CircuitOverride(revision: 2), at: now)
        isStarting = machine.retry()
        #expect(!isStarting)
        #expect(machine.unwritten == ["set"])
        let (restored, isWriting) = machine.hold(
            [
                "longer": stored(5), "late": stored(7), "set": stored(8), "ended": stored(9),
                "over": stored(1, until: 1_000_000), "elsewhere": stored(3),
            ], at: now)
        #expect(restored.map(\.name) == ["late", "longer"])
        #expect(isWriting)
        let draft = machine.next(at: now)
        #expect(
            draft?.overrides.mapValues(\.revision) == ["early": 5, "longer": 5, "late": 7, "set": 1, "elsewhere": 3])
        _ = machine.ended(draft?.version ?? 0, failure: nil)
        #expect(machine.unwritten.isEmpty && !machine.isBehind)
    }

    @Test("What another process clears or sets in the file meanwhile counts for circuits that are made later only")
    func following() {
        func stored(_ revision: Int64) -> StoredOverride {
            StoredOverride(mode: .forcedOpen, revision: revision, since: 0, until: nil)
        }
        var machine = OverrideKeeperStateMachine(["made": stored(1), "cleared": stored(2)], isHolding: false)
        #expect(machine.enter("made", circuit: 1, at: now) != nil)
        machine.follow(["set": stored(3)])
        #expect(machine.enter("cleared", circuit: 2, at: now) == nil)
        #expect(machine.enter("set", circuit: 3, at: now)?.stored.revision == 3)
        let (restored, _) = machine.hold(["set": stored(3)], at: now)
        #expect(restored.isEmpty)
        #expect(machine.overrides.keys.sorted() == ["made", "set"])
        machine.follow([:])
        #expect(machine.overrides.count == 2, "the file is ours")
    }

    @Test("A file that says what holds anyway is not written anew when it becomes ours")
    func waitingForNothing() {
        var machine = OverrideKeeperStateMachine([:], isHolding: false)
        _ = machine.enter("a", circuit: 1, at: now)
        let (restored, isWriting) = machine.hold([:], at: now)
        #expect(restored.isEmpty && !isWriting && !machine.isBehind)
        let isStarting = machine.note("a", circuit: 1, forced(1), at: now)
        #expect(isStarting)
    }

    @Test("Names without a circuit are kept until their time is over")
    func strangers() {
        var machine = OverrideKeeperStateMachine([
            "over": StoredOverride(mode: .forcedOpen, revision: 1, since: 0, until: 1_000_000),
            "late": StoredOverride(mode: .forcedOpen, revision: 1, since: 0, until: 1_000_001),
            "long": StoredOverride(mode: .forcedOpen, revision: 1, since: 0, until: nil),
        ])
        _ = machine.enter("a", circuit: 1, at: now)
        _ = machine.note("a", circuit: 1, forced(1), at: now)
        #expect(machine.next(at: now)?.overrides.keys.sorted() == ["a", "late", "long"])
    }
}
