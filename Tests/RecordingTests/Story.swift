// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What may happen to a fleet, by chance: all kinds of facts in an order that services keep to.
struct Story {
    private struct Process {
        var source: SourceID
        var identity: ServiceIdentity
        var began: Milliseconds
        var seq: Int64 = 0
        var circuits: [Int64: CircuitRow] = [:]
        var isUp = true
    }

    private(set) var now: TelemetryInstant
    private var random: SeededGenerator
    private var processes: [Process] = []
    private var boots = 0

    init(seed: UInt64, services: Int = 4, at now: TelemetryInstant = TelemetryInstant(t: 1_790_000_000_000, up: 5_000))
    {
        random = SeededGenerator(seed)
        self.now = now
        for number in 1...services {
            processes.append(
                Process(
                    source: SourceID("unix:/run/s\(number).sock"), identity: ServiceIdentity(service: "", instance: ""),
                    began: 0, isUp: false))
        }
    }

    /// What happens next, some of it after a while.
    mutating func next() -> [Observation] {
        wait()
        let index = Int.random(in: processes.indices, using: &random)
        guard processes[index].isUp else { return start(index) }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<60: return [sample(index)]
        case ..<80: return [event(index)]
        case ..<84: return [describe(index, Int64.random(in: 1...8, using: &random))]
        case ..<87:
            let seq = processes[index].seq
            return [observe(index, .gap(from: seq + 1, to: seq + 3))]
        case ..<88: return [observe(index, .foreign(Array(#"{"type":"weather","wind":7}"#.utf8)), bytes: 28)]
        case ..<90: return [observe(index, .complaint(code: "bad_value", message: "no “such” thing\n\u{1}"))]
        case ..<93:
            let histogram = LatencyHistogram(counts: [(bucket: 7, count: 3), (bucket: 40, count: 9)])
            return [observe(index, .histogram(circuit: 2, histogram, at: clock(index)))]
        case ..<95: return [observe(index, .origin(SourceOrigin(kind: .file, labels: ["zone": "a\"b"], isFound: true)))]
        case ..<98:
            processes[index].isUp = false
            return [
                observe(index, .source(Bool.random(using: &random) ? .stopped(reason: "over") : .lost(reason: "gone")))
            ]
        default:
            // The same process comes back.
            return [observe(index, .source(.lost(reason: "cut"))), greeting(index)] + picture(index)
        }
    }

    private mutating func wait() {
        let pause: Milliseconds =
            switch Int.random(in: 0..<200, using: &random) {
            case 0: 700_000
            case 1...3: 20_000
            case 4...40: 0
            default: Int64.random(in: 1...900, using: &random)
            }
        now.up += pause
        now.t += pause
        // Somebody puts the wall clock right now and then.
        if Int.random(in: 0..<80, using: &random) == 0 { now.t += Int64.random(in: -90_000...90_000, using: &random) }
    }

    private mutating func start(_ index: Int) -> [Observation] {
        boots += 1
        var process = processes[index]
        let boot = String(repeating: "0", count: 16 - String(boots, radix: 16).count) + String(boots, radix: 16)
        process.identity = ServiceIdentity(
            service: "service \(index % 3)", instance: "i\(index)", boot: boot, pid: Int64(boots),
            keepsOverrides: index == 1 ? true : nil)
        (process.began, process.seq, process.circuits, process.isUp) = (now.up - 30, 0, [:], true)
        for id in 1...Int64.random(in: 1...6, using: &random) { process.circuits[id] = CircuitRow(id: id) }
        processes[index] = process
        let link = SourceLink(protocolMinor: 0, certificateNames: ["a.example"], certificateExpires: 9)
        return [observe(index, .source(.connecting)), greeting(index), observe(index, .link(link))] + picture(index)
    }

    private mutating func greeting(_ index: Int) -> Observation {
        observe(index, .source(.greeted(processes[index].identity, actions: ["force_open", "clear"])))
    }

    private mutating func picture(_ index: Int) -> [Observation] {
        [observe(index, .source(.subscribed(interval: 1_000, mayOperate: index != 2)))]
            + processes[index].circuits.keys.sorted().map { describe(index, $0) }
            + [sample(index, all: true), observe(index, .source(.ready))]
    }

    private func clock(_ index: Int) -> TelemetryInstant {
        TelemetryInstant(t: now.t - 7, up: now.up - processes[index].began)
    }

    private func observe(_ index: Int, _ fact: Observation.Fact, bytes: Int = 0) -> Observation {
        Observation(source: processes[index].source, at: now, fact: fact, bytes: bytes)
    }

    private mutating func describe(_ index: Int, _ id: Int64) -> Observation {
        if processes[index].circuits[id] == nil { processes[index].circuits[id] = CircuitRow(id: id) }
        var description = CircuitDescription(
            id: id, name: "call \(id)", target: CircuitTarget(service: "service \(Int(id) % 3)", endpoint: "/x"),
            rule: RuleDescription(name: RuleDescription.failureRatio, threshold: 500, minimumCalls: 5, window: 10_000),
            openTime: 4_000, probeLimit: 1, probeNeed: 3)
        description.override = CircuitOverride(
            mode: .forcedOpen, revision: Int64.random(in: 0...5, using: &random), principal: "uid 7", claimed: "m",
            reason: "why", since: 5, until: clock(index).up + 60_000)
        if Bool.random(using: &random) { description.override = CircuitOverride() }
        description.isGone = Int.random(in: 0..<20, using: &random) == 0
        if description.isGone { processes[index].circuits[id] = nil }
        return observe(index, .circuit(description), bytes: 400)
    }

    private mutating func sample(_ index: Int, all: Bool = false) -> Observation {
        var rows: [CircuitRow] = []
        for id in processes[index].circuits.keys.sorted() where all || Bool.random(using: &random) {
            guard var row = processes[index].circuits[id] else { continue }
            for field in [Field.calls, .failed, .rejected, .rejectedForced, .retries, .opened, .windowCalls] {
                row[field] = (row[field] ?? 0) + Int64.random(in: 0...3, using: &random)
            }
            row[.windowFailed] = Bool.random(using: &random) ? 1 : nil
            row.state = [.closed, .open, .halfOpen, nil][Int.random(in: 0...3, using: &random)]
            row.overrideMode = [OverrideMode.none, .forcedOpen, .forcedClosed][Int.random(in: 0...2, using: &random)]
            row[.overrideRevision] = Int64.random(in: 0...3, using: &random)
            row[.stateSince] = clock(index).up - 100
            processes[index].circuits[id] = row
            rows.append(row)
        }
        let sample = ProviderSample(at: clock(index), seq: processes[index].seq, rows: rows)
        return observe(index, .sample(sample, isEnd: true), bytes: 90 * rows.count)
    }

    private mutating func event(_ index: Int) -> Observation {
        processes[index].seq += 1
        let circuit = processes[index].circuits.keys.sorted().randomElement(using: &random)
        let trip = Trip(
            at: clock(index).up, rule: RuleDescription.failureRatio, calls: 10, failed: 6, threshold: 500,
            errors: [TripError(type: "HTTP", message: "503 é", count: 4)])
        let slot = CircuitOverride(
            mode: .forcedOpen, revision: Int64.random(in: 1...6, using: &random), principal: "uid 0", reason: "x",
            until: clock(index).up + 9_000)
        let kinds: [Event.Kind] = [
            .state(StateChange(from: .closed, to: .open, generation: processes[index].seq, cause: .rule, trip: trip)),
            .state(StateChange(from: .open, to: .halfOpen, generation: processes[index].seq, cause: .timer)),
            .state(StateChange(from: .halfOpen, to: .open, generation: processes[index].seq, cause: .probeFailed)),
            .state(StateChange(from: .halfOpen, to: .closed, generation: processes[index].seq, cause: .probeOk)),
            .override(OverrideChange(from: .none, to: slot, cause: .command)),
            .command(
                CommandRecord(
                    id: "00000000-0000-4000-8000-000000000000", action: .forceOpen, principal: "uid 0", claimed: "m",
                    reason: "r", refusal: .notConnected)),
            .probe(ProbeRecord(ok: false, microseconds: 900, error: "no")),
            .retryExhausted(attempts: 3, error: nil), .config, .suppressed(kind: "probe", count: 4),
        ]
        let kind = kinds.randomElement(using: &random) ?? .config
        return observe(
            index,
            .event(
                Event(at: clock(index), seq: processes[index].seq, circuit: circuit, kind: kind),
                replayed: Int.random(in: 0..<10, using: &random) == 0),
            bytes: 300)
    }
}

/// SplitMix64: the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// All that is in a value, whatever it is: what no comparison was written for is compared as well.
func canonical(_ value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    if mirror.children.isEmpty { return "\(value)" }
    let parts = mirror.children.map { "\($0.label ?? ""):\(canonical($0.value))" }
    switch mirror.displayStyle {
    case .dictionary, .set: return "{\(mirror.children.map { canonical($0.value) }.sorted().joined(separator: ","))}"
    default: return "(\(parts.joined(separator: ",")))"
    }
}
