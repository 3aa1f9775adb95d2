// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// What a state file should hold, and whether it does: a keeper without file, lock or thread.
///
/// As long as the file is another process's nothing is written; ``hold(_:at:)`` ends that.
///
/// There is at most one writer. It takes what is newest, so that changes during a write share the next; after a failure
/// it ends, and ``retry()`` or the next change starts it again.
struct OverrideKeeperStateMachine: Sendable {
    private struct Owner: Sendable {
        var circuit: Int64
        /// The revision of the slot that was noted last.
        var revision: Int64 = 0
        /// That of the override which it began with, 0 without one: what is above it was decided here, or its time is over.
        var restored: Int64 = 0
        /// When the noted override ends by itself, in milliseconds since boot; `nil` = it does not.
        var until: Milliseconds?

        func isDecision(_ slot: CircuitOverride, at now: TelemetryInstant) -> Bool {
            if slot.mode == .none, let until, now.up >= until { return false }
            return slot.revision > restored
        }
    }

    /// Something to write: all overrides, and the number of this state of them.
    struct Draft: Sendable, Hashable {
        var version: UInt64
        var overrides: [String: StoredOverride]
    }

    /// What the service's log should hear.
    enum Notice: Sendable, Hashable {
        case failing(String)
        case keptAgain
    }

    private(set) var overrides: [String: StoredOverride]
    /// The number of the present state, of the last that a writer took, and of the last that is surely in the file.
    private(set) var version: UInt64 = 0
    private(set) var attempted: UInt64 = 0
    private(set) var written: UInt64 = 0
    private(set) var isHolding: Bool
    private var owners: [String: Owner] = [:]
    /// The names whose override was set or ended here while the file was another process's.
    private var decided: Set<String> = []
    private var isWriting = false
    private var failure: String?
    /// What the writer took last, and what is surely in the file.
    private var draft: [String: StoredOverride]
    private var kept: [String: StoredOverride]

    init(_ overrides: [String: StoredOverride], isHolding: Bool = true) {
        self.overrides = overrides
        self.isHolding = isHolding
        draft = overrides
        kept = overrides
    }

    /// Whether what is set now comes into the file, as far as the last attempt tells.
    var isKeeping: Bool { isHolding && failure == nil }

    /// Whether something is not in the file yet.
    var isBehind: Bool { version != written }

    /// The circuits of which the file does not say what holds, in order. While the file is another process's these are at
    /// most those about which somebody has decided here; that a restored override counts one revision more is no change.
    var unwritten: [String] {
        let names = isHolding ? Set(overrides.keys).union(kept.keys) : decided
        return names.filter { overrides[$0] != kept[$0] && !isAsRestored($0) }.sorted()
    }

    private func isAsRestored(_ name: String) -> Bool {
        guard kept[name] != nil, let override = overrides[name], let owner = owners[name] else { return false }
        return override.revision == owner.restored
    }

    // MARK: The file

    /// The file is this process's from now on, and says this. What it says holds, except where somebody has decided here;
    /// a copy of what it said before gives way to what was decided in the other process since.
    ///
    /// - Returns: The overrides that circuits have to be given now, and whether a writer has to be started.
    mutating func hold(
        _ stored: [String: StoredOverride], at now: TelemetryInstant
    ) -> (restored: [(name: String, override: StoredOverride.Resumed)], isStarting: Bool) {
        var restored: [(name: String, override: StoredOverride.Resumed)] = []
        var merged = stored
        for name in decided.union(owners.keys) {
            // A copy counts one revision more than what it was made of, so that a later one has at least as many.
            guard !decided.contains(name), let resumed = stored[name]?.resumed(at: now),
                resumed.stored.revision >= owners[name]?.restored ?? 0
            else {
                merged[name] = overrides[name]
                continue
            }
            restored.append((name, resumed))
        }
        (overrides, kept, decided, isHolding) = (merged, stored, [], true)
        // Surely in the file is what it says, whatever changed here meanwhile.
        version += 1
        if overrides == kept { (attempted, written) = (version, version) }
        return (restored.sorted { $0.name < $1.name }, retry())
    }

    /// The file is still another process's, and says this by now: circuits that are made from here on begin with it.
    mutating func follow(_ stored: [String: StoredOverride]) {
        guard !isHolding else { return }
        kept = stored
        let ours = decided.union(owners.keys)
        overrides = overrides.filter { ours.contains($0.key) }
        overrides.merge(stored.filter { !ours.contains($0.key) }) { ours, _ in ours }
    }

    // MARK: Circuits

    /// A circuit takes a name, and the override that is kept under it; `nil` when there is none that is still good.
    mutating func enter(_ name: String, circuit: Int64, at now: TelemetryInstant) -> StoredOverride.Resumed? {
        guard let resumed = overrides[name]?.resumed(at: now) else {
            owners[name] = Owner(circuit: circuit)
            overrides[name] = nil
            return nil
        }
        owners[name] = Owner(
            circuit: circuit, restored: resumed.stored.revision + 1, until: resumed.remaining.map { now.up + $0 })
        return resumed
    }

    /// A circuit gives its name up. Its override stays, for the name's next circuit.
    mutating func leave(_ name: String, circuit: Int64) {
        guard owners[name]?.circuit == circuit else { return }
        owners[name] = nil
        // Not a copy of the copy: its revision would look newer than what the other process decides.
        if !isHolding, !decided.contains(name) { overrides[name] = kept[name] }
    }

    /// Takes over a slot; `true` when a writer has to be started.
    ///
    /// Of two changes at once the older may come later: it is passed over, and so is what a circuit has to say whose name
    /// is another's by now, or nobody's.
    mutating func note(_ name: String, circuit: Int64, _ slot: CircuitOverride, at now: TelemetryInstant) -> Bool {
        guard let owner = owners[name], owner.circuit == circuit, slot.revision > owner.revision else { return false }
        owners[name]?.revision = slot.revision
        owners[name]?.until = slot.until
        if !isHolding, owner.isDecision(slot, at: now) { decided.insert(name) }
        let override = StoredOverride(slot, readAt: now)
        guard overrides[name] != override else { return false }
        overrides[name] = override
        version += 1
        return start()
    }

    // MARK: Writing

    /// `true` when a writer has to be started for what an earlier one could not write.
    mutating func retry() -> Bool {
        guard isBehind, isHolding, !isWriting else { return false }
        attempted = written
        return start()
    }

    private mutating func start() -> Bool {
        guard isHolding else { return false }
        defer { isWriting = true }
        return !isWriting
    }

    /// What the writer has to write next; `nil` when it has to end.
    ///
    /// Overrides of names without a circuit, whose time is over, go here: nobody else ends them.
    mutating func next(at now: TelemetryInstant) -> Draft? {
        guard version > attempted else {
            isWriting = false
            return nil
        }
        attempted = version
        overrides = overrides.filter { owners[$0.key] != nil || $0.value.resumed(at: now) != nil }
        draft = overrides
        return Draft(version: version, overrides: overrides)
    }

    /// A write has ended, well or by a failure, which is told when it is another than the last.
    mutating func ended(_ version: UInt64, failure: String?) -> Notice? {
        defer { self.failure = failure }
        guard let failure else {
            written = version
            kept = draft
            return self.failure == nil ? nil : .keptAgain
        }
        return failure == self.failure ? nil : .failing(failure)
    }
}
