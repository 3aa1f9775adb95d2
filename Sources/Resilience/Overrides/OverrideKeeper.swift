// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Keeps a registry's overrides in a state file.
///
/// Callers only change a dictionary; a thread of its own, there only while something is to be written or the file is
/// another process's, does what blocks.
final class OverrideKeeper: Sendable {
    private struct Waiter: Sendable {
        var id: UInt64
        var version: UInt64
        /// Gets whether what it waits for was attempted.
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State: Sendable {
        var machine: OverrideKeeperStateMachine
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        /// Why the file cannot be had, where it is not that another process has it.
        var hindrance: String?
    }

    /// How long a shutdown waits for the disk.
    static let patience: Duration = .seconds(5)
    /// How long it is until the file is tried again that another process holds, at first and at most, in microseconds.
    private static let pauses: (first: UInt32, longest: UInt32) = (50_000, 1_000_000)

    /// How many different hindrances are reported while the file is waited for.
    private static let maximumRefusals = 8

    private let state: Mutex<State>
    private let file: OverrideFile
    private let clock: BootClock
    private let report: @Sendable (String) -> Void

    private init(
        _ file: OverrideFile, _ machine: OverrideKeeperStateMachine, hindrance: String? = nil, clock: BootClock,
        report: @escaping @Sendable (String) -> Void
    ) {
        state = Mutex(State(machine: machine, hindrance: hindrance))
        self.file = file
        self.clock = clock
        self.report = report
    }

    /// Whether what is set now comes into the file, as far as the last attempt tells.
    var isKeeping: Bool { state.withLock { $0.machine.isKeeping } }

    // MARK: The file

    private enum Opening {
        case held([String: StoredOverride])
        case busy(String)
        case refused(OverrideFileError)
    }

    /// Opens the file that a service asked for. It blocks for as long as reading takes.
    ///
    /// One that another process holds is read all the same, so that what was stopped there does not start again here;
    /// ``whenHeld(_:)`` waits for it, and for one that the system refuses.
    ///
    /// - Returns: `nil` when none was asked for, or it cannot be used: that is reported, and the service goes on without.
    static func open(_ keeping: OverrideKeeping, service: String, clock: BootClock) -> OverrideKeeper? {
        guard let path = keeping.path else { return nil }
        let file: OverrideFile
        do throws(OverrideFileError) {
            file = try OverrideFile(path, service: service)
        } catch {
            keeping.report(refusal(error.message))
            return nil
        }
        if file.makeFolder() {
            keeping.report(
                "folder '\(file.folder)' was missing and has been made, to keep overrides in '\(file.path)'; if it is"
                    + " to be a volume's, that is not mounted")
        }
        switch take(file, report: keeping.report) {
        case .held(let overrides):
            return OverrideKeeper(file, OverrideKeeperStateMachine(overrides), clock: clock, report: keeping.report)
        case .busy(let message):
            keeping.report(
                "overrides are not kept over a restart for now: \(message); the service tries again"
                    + " until it has the file")
            let machine = OverrideKeeperStateMachine(look(into: file, report: keeping.report), isHolding: false)
            return OverrideKeeper(file, machine, clock: clock, report: keeping.report)
        case .refused(let error) where error.code == .system:
            keeping.report(refusalForNow(error.message))
            let machine = OverrideKeeperStateMachine([:], isHolding: false)
            return OverrideKeeper(
                file, machine, hindrance: error.message, clock: clock, report: keeping.report)
        case .refused(let error):
            keeping.report(refusal(error.message))
            return nil
        }
    }

    /// What another process's file says; nothing, which is reported, when it cannot be read.
    private static func look(
        into file: OverrideFile, report: @Sendable (String) -> Void
    ) -> [String: StoredOverride] {
        do throws(OverrideFileError) {
            return try file.read()
        } catch {
            report(
                "no override was restored for now: '\(file.path)', which another process has, cannot be read:"
                    + " \(error.message); what is forced there is not forced here until it can be")
            return [:]
        }
    }

    private static func refusal(_ message: String) -> String { "overrides are not kept over a restart: \(message)" }

    private static func refusalForNow(_ message: String) -> String {
        refusal("\(message); the service tries again until it has the file")
    }

    private static func take(_ file: OverrideFile, report: @Sendable (String) -> Void) -> Opening {
        do throws(OverrideFileError) {
            try file.take()
        } catch {
            return error.code == .busy ? .busy(error.message) : .refused(error)
        }
        do throws(OverrideFileError) {
            return .held(try file.read())
        } catch {
            return start(over: file, because: error, report: report)
        }
    }

    /// A file that is ours and cannot be read: what becomes of it.
    private static func start(
        over file: OverrideFile, because error: OverrideFileError, report: @Sendable (String) -> Void
    ) -> Opening {
        switch error.code {
        case .empty:
            report(
                "no override was restored: '\(file.path)' is empty, and the service never leaves it so: the machine has"
                    + " crashed, or somebody emptied or made it; set again what has to hold")
            return .held([:])
        case .unusable:
            do throws(OverrideFileError) {
                let other = try file.setAside()
                report(
                    "no override was restored: '\(file.path)' cannot be used: \(error.message);"
                        + " it is now '\(other)': look into it, and set again what has to hold")
                return .held([:])
            } catch let failure {
                return .refused(
                    OverrideFileError(
                        failure.code, "'\(file.path)' cannot be used: \(error.message); \(failure.message)"))
            }
        case .busy, .system:
            return .refused(OverrideFileError(.system, "'\(file.path)' was not read: \(error.message)"))
        case .notOurs:
            return .refused(
                OverrideFileError(
                    .notOurs, "'\(file.path)' is left as it is: \(error.message); remove it, or name another file"))
        }
    }

    /// Waits, where the file could not be had, on a thread of its own until it is ours; then gives the circuits what it
    /// says by then, and keeps from there on. The thread ends with the keeper.
    func whenHeld(_ restore: @escaping @Sendable (String, StoredOverride.Resumed) -> Void) {
        let (isHolding, hindrance) = state.withLock { ($0.machine.isHolding, $0.hindrance) }
        guard !isHolding else { return }
        let isStarted = startThread { [weak self] in
            var pause = Self.pauses.first
            var refusals = Set([hindrance].compactMap(\.self))
            while self?.isWaiting(restore, &refusals) ?? false {
                usleep(pause)
                pause = min(2 * pause, Self.pauses.longest)
            }
        }
        if !isStarted { report(Self.refusal("no thread can be started")) }
    }

    /// Tries to get the file; whether to go on waiting for it. What hinders may pass, and is reported once.
    private func isWaiting(
        _ restore: (String, StoredOverride.Resumed) -> Void, _ refusals: inout Set<String>
    ) -> Bool {
        switch Self.take(file, report: report) {
        case .busy:
            // Somebody may have cleared there what a circuit that is made here later would begin with.
            // What cannot be read now may be in a moment; until then what was read before holds.
            let stored = try? file.read()
            state.withLock { state in
                state.hindrance = nil
                if let stored { state.machine.follow(stored) }
            }
            return true
        case .refused(let error):
            state.withLock { $0.hindrance = error.message }
            if refusals.count < Self.maximumRefusals, refusals.insert(error.message).inserted {
                report(Self.refusalForNow(error.message))
            }
            return true
        case .held(let stored):
            let now = clock.instant()
            let (restored, isStarting) = state.withLock { $0.machine.hold(stored, at: now) }
            for (name, override) in restored {
                restore(name, override)
                tell(override, of: name)
            }
            report("overrides are kept over a restart from now on, in '\(file.path)'")
            if isStarting { writeAll { draft in write(draft) } }
            return false
        }
    }

    // MARK: Circuits

    /// A circuit takes a name; the override that it has to begin with.
    func enter(_ name: String, circuit: Int64) -> StoredOverride.Resumed? {
        let now = clock.instant()
        return state.withLock { $0.machine.enter(name, circuit: circuit, at: now) }
    }

    /// Reports an override that a circuit began with. Call it without a lock.
    func tell(_ restored: StoredOverride.Resumed, of name: String) { report(restored.sentence(of: name)) }

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

    /// Returns when all that was set before is on the disk, or the attempt to bring it there has failed or lasts longer
    /// than ``patience``: then it reports what is not there.
    func flush() async {
        let (isBehind, isHolding, hindrance) = state.withLock {
            ($0.machine.isBehind, $0.machine.isHolding, $0.hindrance)
        }
        guard isBehind else { return }
        guard isHolding else { return tellUnwritten(because: hindrance ?? "another process still has the file") }
        var timer: Task<Void, Never>?
        let isAttempted = await withCheckedContinuation { continuation in
            let (id, isStarting): (UInt64?, Bool) = state.withLock { state in
                guard state.machine.isBehind else { return (nil, false) }
                state.lastWaiter += 1
                let waiter = Waiter(id: state.lastWaiter, version: state.machine.version, continuation: continuation)
                state.waiters.append(waiter)
                return (waiter.id, state.machine.retry())
            }
            // Done in this very moment.
            guard let id else { return continuation.resume(returning: true) }
            // Not a child of this task, which is cancelled already when a service shuts down.
            timer = Task { [self] in
                guard (try? await clock.timeline.sleep(for: Self.patience)) != nil else { return }
                release { $0.id == id }
            }
            if isStarting { startWriter() }
        }
        timer?.cancel()
        if !isAttempted { tellUnwritten(because: "the disk did not answer within \(Self.patience)") }
    }

    /// Lets waiters go although what they wait for was not attempted.
    private func release(_ isOver: (Waiter) -> Bool) {
        let waiters = state.withLock { state in
            defer { state.waiters.removeAll(where: isOver) }
            return state.waiters.filter(isOver)
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    private func tellUnwritten(because reason: String) {
        let names = state.withLock { $0.machine.unwritten }
        guard !names.isEmpty else { return }
        let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
        report(
            "the last change of the override was not kept for \(shown): \(reason); a restart goes back to what"
                + " '\(file.path)' says")
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
        for waiter in released { waiter.continuation.resume(returning: true) }
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
