// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Synchronization

/// Keeps a registry's overrides in a state file.
///
/// Callers only change a dictionary; a thread of its own, there only while something is to be written, does what blocks.
final class OverrideKeeper: Sendable {
    private struct State: Sendable {
        var machine: OverrideKeeperStateMachine
        var waiters: [(version: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let file: OverrideFile
    private let clock: BootClock
    private let report: @Sendable (String) -> Void

    private init(
        _ file: OverrideFile, holding overrides: [String: StoredOverride], clock: BootClock,
        report: @escaping @Sendable (String) -> Void
    ) {
        state = Mutex(State(machine: OverrideKeeperStateMachine(overrides)))
        self.file = file
        self.clock = clock
        self.report = report
    }

    /// Opens the file that a service asked for. It blocks for as long as reading takes.
    ///
    /// - Returns: `nil` when none was asked for, or it cannot be used: that is reported, and the service goes on without.
    static func open(_ keeping: OverrideKeeping, service: String, clock: BootClock) -> OverrideKeeper? {
        guard let path = keeping.path else { return nil }
        func refused(_ message: String) -> OverrideKeeper? {
            keeping.report("overrides are not kept over a restart: \(message)")
            return nil
        }
        let file: OverrideFile
        do throws(OverrideFileError) {
            file = try OverrideFile(path, service: service)
        } catch {
            return refused(error.message)
        }
        do throws(OverrideFileError) {
            return OverrideKeeper(file, holding: try file.read(), clock: clock, report: keeping.report)
        } catch {
            guard error.code == .unusable else {
                return refused("'\(path)' is left as it is: \(error.message); remove it, or name another file")
            }
            do throws(OverrideFileError) {
                let other = try file.setAside()
                keeping.report(
                    "no override was restored: '\(path)' cannot be used: \(error.message);"
                        + " it is now '\(other)': look into it, and set again what has to hold")
                return OverrideKeeper(file, holding: [:], clock: clock, report: keeping.report)
            } catch let failure {
                return refused("'\(path)' cannot be used: \(error.message); \(failure.message)")
            }
        }
    }

    // MARK: Circuits

    /// A circuit takes a name; the override that it has to begin with.
    func enter(_ name: String, circuit: Int64) -> StoredOverride.Resumed? {
        let now = clock.instant()
        return state.withLock { $0.machine.enter(name, circuit: circuit, at: now) }
    }

    /// A circuit gives its name up; its override stays in the file.
    func leave(_ name: String, circuit: Int64) {
        state.withLock { $0.machine.leave(name, circuit: circuit) }
    }

    /// Keeps a circuit's slot if it has changed. Call it after a change, without the circuit's lock.
    func note(_ name: String, circuit: Int64, _ slot: CircuitOverride) {
        let now = clock.instant()
        if state.withLock({ $0.machine.note(name, circuit: circuit, slot, at: now) }) { startWriter() }
    }

    // MARK: Writing

    /// Tries again what could not be written.
    func retry() {
        if state.withLock({ $0.machine.retry() }) { startWriter() }
    }

    /// Returns when all that was set before is on the disk, or the attempt to bring it there has failed.
    func flush() async {
        await withCheckedContinuation { continuation in
            let (isDone, isStarting) = state.withLock { state in
                guard state.machine.version != state.machine.written else { return (true, false) }
                state.waiters.append((state.machine.version, continuation))
                return (false, state.machine.retry())
            }
            if isDone { continuation.resume() }
            if isStarting { startWriter() }
        }
    }

    private func startWriter() {
        if startThread({ self.writeAll { draft in self.write(draft) } }) { return }
        writeAll { _ in "no thread can be started" }
    }

    /// Writes until nothing new is there. `write` returns why it failed.
    private func writeAll(by write: (OverrideKeeperStateMachine.Draft) -> String?) {
        while let draft = nextDraft() {
            let failure = write(draft)
            tell(state.withLock { $0.machine.ended(draft.version, failure: failure) })
        }
    }

    /// Releases those whose state was attempted, and takes what is to be written next.
    private func nextDraft() -> OverrideKeeperStateMachine.Draft? {
        let (draft, released) = state.withLock { state in
            let attempted = state.machine.attempted
            let released = state.waiters.filter { $0.version <= attempted }
            state.waiters.removeAll { $0.version <= attempted }
            return (state.machine.next(at: clock.instant()), released)
        }
        for waiter in released { waiter.continuation.resume() }
        return draft
    }

    private func write(_ draft: OverrideKeeperStateMachine.Draft) -> String? {
        do throws(OverrideFileError) {
            try file.write(draft.overrides)
            return nil
        } catch {
            return error.message
        }
    }

    private func tell(_ notice: OverrideKeeperStateMachine.Notice?) {
        switch notice {
        case .failing(let message):
            report(
                "overrides are not kept over a restart for now: \(message). What operators set holds, but a restart goes"
                    + " back to what '\(file.path)' says; the service tries again each second")
        case .keptAgain:
            report("overrides are kept over a restart again, in '\(file.path)'")
        case nil:
            break
        }
    }
}
