// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Synchronization

@testable import Dashboard

/// An operator before a fleet of small services that do what they are told: keys, time and answers are messages.
struct OrderScene {
    /// A service's process.
    struct Process {
        var service = "orders"
        var instance: String
        var boot: String
        var names = ["payment.charge"]
        var target = "payments"
        /// Calls a second of each circuit.
        var rate: Int64 = 20
        var actions = CommandAction.allCases.map(\.rawValue)
        var mayOperate = true
        var keepsOverrides: Bool?
        var slots: [Int64: CircuitOverride] = [:]
        var rows: [Int64: CircuitRow] = [:]
        var isSilent = false
        var events: Int64 = 0

        init(_ instance: String, boot: String? = nil) {
            self.instance = instance
            self.boot = boot ?? String(repeating: "0", count: max(0, 16 - instance.count)) + instance
        }

        var source: SourceID { SourceID("unix:/run/breakertop/\(instance).sock") }
        var identity: ServiceIdentity {
            var identity = ServiceIdentity(service: service, instance: instance, boot: boot)
            identity.keepsOverrides = keepsOverrides
            return identity
        }
        var circuits: [CircuitDescription] {
            names.enumerated().map { index, name in
                CircuitDescription(
                    id: Int64(index + 1), name: name, target: CircuitTarget(service: target),
                    rule: RuleDescription(name: RuleDescription.failureRatio, threshold: 600),
                    override: slots[Int64(index + 1)] ?? CircuitOverride())
            }
        }
        func key(_ name: String) -> CircuitKey {
            CircuitKey(
                instance: InstanceKey(identity), id: Int64((names.firstIndex(of: name) ?? 0) + 1), name: name)
        }
    }

    var fleet = FleetModel()
    /// What the operator's keys are for, unless there is a whole dashboard.
    var operations: Operations
    /// The whole dashboard on the same fleet; then keys, time and answers are for that.
    var dashboard: Dashboard?
    private var pressedAt: Milliseconds = 0
    /// Whether the terminal takes nothing of what is drawn.
    var isBlocked = false
    var now = TelemetryInstant(t: 1_763_726_600_000, up: 100_000)
    var size = Size(columns: 80, rows: 24)
    var processes: [Process] = []
    var sent: [Command] = []
    var notice: String?
    /// Every process has been up for this long when the scene begins.
    private var serviceUp: Milliseconds = 600_000

    init(isReadOnly: Bool = false, dashboard size: Size? = nil, _ processes: [Process]) {
        let ids = Numbers()
        operations = Operations(isReadOnly: isReadOnly, operatorName: "oncall") { ids.next() }
        if let size {
            self.size = size
            dashboard = Dashboard(
                size: size,
                configuration: .init(
                    operatorName: "oncall", places: [], version: "0.1", isReadOnly: isReadOnly,
                    localOffset: { _ in 3_600_000 }, commandID: { ids.next() }))
        }
        for process in processes { start(process) }
        run(16)
    }

    /// `orders-1` and so on, all with `payment.charge`.
    static func orders(_ count: Int = 3) -> OrderScene {
        OrderScene((1...count).map { Process("orders-\($0)") })
    }

    /// The same before a whole dashboard.
    static func desk(_ count: Int = 3, isReadOnly: Bool = false, columns: Int = 120, rows: Int = 40) -> OrderScene {
        OrderScene(
            isReadOnly: isReadOnly, dashboard: Size(columns: columns, rows: rows),
            (1...count).map { Process("orders-\($0)") })
    }

    /// What the operator has before them.
    var desk: Operations { dashboard?.operations ?? operations }

    // MARK: - Services

    mutating func start(_ process: Process) {
        processes.append(process)
        observe(process, .source(.connecting))
        observe(process, .source(.greeted(process.identity, actions: process.actions)))
        observe(process, .source(.subscribed(interval: 250, mayOperate: process.mayOperate)))
        describe(process)
        sample(processes.count - 1)
        observe(process, .source(.ready))
    }

    /// The process dies and comes back as another boot.
    mutating func restart(_ instance: String, keeping: Bool = false) {
        guard let index = processes.firstIndex(where: { $0.instance == instance }) else { return }
        var process = processes.remove(at: index)
        observe(process, .source(.lost(reason: "connection closed")))
        process.boot = "feed" + process.boot.dropFirst(4)
        process.rows = [:]
        if !keeping { process.slots = [:] }
        process.events = 0
        start(process)
    }

    mutating func resize(_ size: Size) {
        self.size = size
        tell(.input(.resize(size), readAt: now.up))
    }

    mutating func silence(_ instance: String) {
        guard let index = processes.firstIndex(where: { $0.instance == instance }) else { return }
        processes[index].isSilent = true
    }

    /// Changes an override slot as somebody else would, and lets the service tell it.
    mutating func change(
        _ instance: String, to mode: OverrideMode, by who: String = "ann", reason: String = "",
        cause: OverrideChange.Cause = .command
    ) {
        guard let index = processes.firstIndex(where: { $0.instance == instance }) else { return }
        let before = processes[index].slots[1] ?? CircuitOverride()
        let action: CommandAction = mode == .forcedOpen ? .forceOpen : mode == .forcedClosed ? .forceClosed : .clear
        if cause == .command {
            let record = CommandRecord(
                id: "99999999-\(before.revision)", action: action, principal: "uid 1000 (\(who))", claimed: who,
                reason: reason)
            tell(.command(record), of: 1, on: index)
        }
        var slot = CircuitOverride(mode: mode, revision: before.revision + 1)
        if mode != .none {
            (slot.principal, slot.claimed, slot.reason) = ("uid 1000 (\(who))", who, reason)
            slot.until = up + 60_000
        }
        processes[index].slots[1] = slot
        tell(.override(OverrideChange(from: before.mode, to: slot, cause: cause)), of: 1, on: index)
    }

    /// An early probe goes out and fails within a moment. Returns the number of the event that tells that it began.
    mutating func probeFails(_ instance: String) -> Int64 {
        guard let index = processes.firstIndex(where: { $0.instance == instance }) else { return 0 }
        tell(.state(StateChange(from: .open, to: .halfOpen, generation: 2, cause: .probeCommand)), of: 1, on: index)
        tell(.state(StateChange(from: .halfOpen, to: .open, generation: 3, cause: .probeFailed)), of: 1, on: index)
        return processes[index].events - 1
    }

    private mutating func tell(_ kind: Event.Kind, of circuit: Int64, on index: Int) {
        processes[index].events += 1
        let at = TelemetryInstant(t: now.t, up: up)
        observe(
            processes[index],
            .event(Event(at: at, seq: processes[index].events, circuit: circuit, kind: kind), replayed: false))
    }

    var up: Milliseconds { serviceUp + now.up - 100_000 }

    private mutating func describe(_ process: Process) {
        for circuit in process.circuits { observe(process, .circuit(circuit)) }
    }

    private mutating func sample(_ index: Int) {
        for circuit in processes[index].circuits {
            var row = processes[index].rows[circuit.id] ?? CircuitRow(id: circuit.id)
            let passed = processes[index].rate / 4
            row.state = row.state ?? .closed
            row[.overrideRevision] = circuit.override.revision
            row.overrideMode = circuit.override.mode
            let isRefusing = circuit.override.mode == .forcedOpen
            row[.calls] = (row[.calls] ?? 0) + (isRefusing || row.state == .open ? 0 : passed)
            row[.rejected] = (row[.rejected] ?? 0) + (row.state == .open && !isRefusing ? passed : 0)
            row[.rejectedForced] = (row[.rejectedForced] ?? 0) + (isRefusing ? passed : 0)
            processes[index].rows[circuit.id] = row
        }
        let rows = processes[index].rows.values.sorted { $0.id < $1.id }
        let instant = TelemetryInstant(t: now.t, up: up)
        observe(processes[index], .sample(ProviderSample(at: instant, seq: 0, rows: rows), isEnd: true))
    }

    mutating func setState(_ state: CircuitState, _ instance: String) {
        guard let index = processes.firstIndex(where: { $0.instance == instance }) else { return }
        processes[index].rows[1]?.state = state
    }

    mutating func observe(_ process: Process, _ fact: Observation.Fact) {
        let observation = Observation(source: process.source, at: now, fact: fact)
        fleet.apply(observation)
        tell(.observation(observation))
    }

    /// The services do what was sent to them, and answer after some milliseconds.
    mutating func perform(after delay: Milliseconds = 3) {
        let commands = sent
        sent = []
        for (offset, command) in commands.enumerated() {
            now.t += delay + Milliseconds(offset)
            now.up += delay + Milliseconds(offset)
            let outcome = obey(command)
            operations.take(CommandResult(id: command.id, outcome: outcome), at: now.up)
            tell(.answer(CommandResult(id: command.id, outcome: outcome)))
        }
    }

    private mutating func obey(_ command: Command) -> Result<Int64, CommandError> {
        guard let index = processes.firstIndex(where: { $0.boot == command.boot }) else {
            return .failure(CommandError(.wrongBoot, "restarted since"))
        }
        let before = processes[index].slots[command.circuit] ?? CircuitOverride()
        var record = CommandRecord(
            id: command.id, action: command.action, principal: "uid 0 (root)", claimed: command.claimed,
            reason: command.reason)
        guard command.ifOverrideRevision == before.revision else {
            record.refusal = .overrideConflict
            tell(.command(record), of: command.circuit, on: index)
            return .failure(CommandError(.overrideConflict, "the override is at revision \(before.revision)"))
        }
        tell(.command(record), of: command.circuit, on: index)
        let event = processes[index].events
        var slot = CircuitOverride(revision: before.revision + 1)
        if command.action.isForce {
            slot = CircuitOverride(
                mode: command.action == .forceOpen ? .forcedOpen : .forcedClosed, revision: before.revision + 1,
                principal: "uid 0 (root)", claimed: command.claimed, reason: command.reason, since: up)
            if case .limited(let time) = command.lifetime { slot.until = up + time }
        }
        processes[index].slots[command.circuit] = slot
        tell(.override(OverrideChange(from: before.mode, to: slot, cause: .command)), of: command.circuit, on: index)
        return .success(event)
    }

    // MARK: - Time and keys

    /// Lets so many steps of 250 ms go by, in which each service sends a sample.
    mutating func run(_ steps: Int) {
        for _ in 0..<steps {
            wait(250)
            for index in processes.indices where !processes[index].isSilent { sample(index) }
            tick()
        }
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now.t += milliseconds
        now.up += milliseconds
    }

    mutating func tick() {
        fleet.tick(at: now)
        sent += operations.follow(fleet)
        show()
        tell(.tick)
    }

    /// The terminal takes what is drawn, at once unless it ``isBlocked``.
    private mutating func show() {
        guard !isBlocked else { return }
        operations.show(operations.edition, at: now.up)
        guard let edition = dashboard?.operations.edition else { return }
        _ = dashboard?.update(.shown(edition: edition, at: now.up), at: now)
    }

    /// Tells the dashboard, if there is one, and takes what it sends.
    mutating func tell(_ message: Dashboard.Message) {
        var effects = dashboard?.update(message, at: now) ?? []
        while effects.contains(.goOn) {
            effects = effects.filter { $0 != .goOn } + (dashboard?.update(.goOn, at: now) ?? [])
        }
        sent += effects.compactMap { if case .send(let command) = $0 { command } else { nil } }
        show()
    }

    /// Presses a key before a whole dashboard, and returns what it leads to.
    mutating func effects(of key: Key) -> [Dashboard.Effect] {
        dashboard?.update(.input(.key(key), readAt: now.up), at: now) ?? []
    }

    mutating func ask(_ action: CommandAction, _ keys: [CircuitKey]? = nil, group: String? = nil) {
        let totals = fleet.totals()
        operations.fleetArrivals = totals.callsPerSecond + totals.rejectedPerSecond
        notice = operations.ask(
            OrderDialog.Request(action, keys ?? all, group: group), in: fleet)
        show()
    }

    /// The first circuit of every process.
    var all: [CircuitKey] { processes.map { $0.key($0.names[0]) } }

    /// Presses keys at a person's pace, or so long before they are looked at, all at once.
    mutating func press(_ keys: Key..., waiting: Milliseconds = 0) {
        for key in keys {
            let readAt = waiting > 0 ? now.up - waiting : max(now.up, pressedAt + OrderDialog.burstTime)
            pressedAt = readAt
            guard dashboard == nil else {
                tell(.input(.key(key), readAt: readAt))
                continue
            }
            let deed = operations.handle(key, readAt: readAt, size: size, at: now)
            sent += deed.commands
            notice = deed.notice ?? notice
        }
    }

    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    /// Confirms the open dialog as a person does who has read it, with the word if it asks for one.
    mutating func confirm() {
        show()
        wait(500)
        if let dialog = desk.dialog, dialog.isWide {
            while desk.dialog?.focus != .word { press(.backTab) }
            type(dialog.expectedWord)
        }
        for _ in 0..<6 { if let dialog = desk.dialog, dialog.focus != .confirm { press(.tab) } }
        press(.enter)
    }

    /// The whole screen, or that with the dialog alone.
    var screen: String {
        if let dashboard { return dashboard.view().text }
        var canvas = Canvas(size: size)
        operations.drawDialog(on: &canvas, theme: Theme(), clock: WallClock(offset: nil))
        return canvas.text
    }

    var status: String {
        let spans =
            operations.status(at: now.up, undoKey: "u", againKey: "a", Theme()).map { $0.text + [Span(" ")] + $0.offer }
            ?? []
        return spans.map(\.text).joined()
    }
}

/// Numbers as the ids of commands.
private final class Numbers: Sendable {
    private let last = Mutex(0)

    func next() -> String {
        last.withLock {
            $0 += 1
            return "11111111-2222-4333-8444-\($0)"
        }
    }
}
