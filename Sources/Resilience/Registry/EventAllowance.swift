// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How many events may still be logged: a token bucket of 10. A circuit's refills by 10 a second, so it logs at most 20
/// in any second.
///
/// What tells of single calls (probes, exhausted retries) leaves half of the bucket to changes of state. What is left
/// out is counted by kind and told in one event each, once the bucket has recovered.
struct EventAllowance: Sendable {
    private static let capacity: Int64 = 10_000
    private static let cost: Int64 = 1_000
    private static let recovered: Int64 = 8_000

    private let perSecond: Int64
    // In thousandths of a token: each millisecond brings as many as a second brings tokens.
    private var level = capacity
    private var refilled: Milliseconds = 0
    private var left: [(kind: String, count: Int64)] = []

    /// A full bucket; `perSecond` lies within 1…1,000.
    init(perSecond: Int64 = 10) {
        self.perSecond = perSecond
    }

    /// Whether it is as good as a new one, so that it may be forgotten.
    func isFresh(at up: Milliseconds) -> Bool {
        left.isEmpty && level(at: up) == Self.capacity
    }

    /// Whether events were left out that were not told yet.
    var isWithholding: Bool { !left.isEmpty }

    /// Whether an event may be logged now; counts it as left out where not.
    mutating func admits(_ kind: Event.Kind, at up: Milliseconds) -> Bool {
        guard let name = kind.limitedName else { return true }
        refill(at: up)
        let reserve = kind.tellsOfOneCall ? Self.capacity / 2 : 0
        if !left.contains(where: { $0.kind == name }), level >= reserve + Self.cost {
            level -= Self.cost
            return true
        }
        leaveOut(name)
        return false
    }

    /// The events that tell what was left out, once there is room for them again.
    mutating func recover(at up: Milliseconds) -> [Event.Kind] {
        guard !left.isEmpty else { return [] }
        refill(at: up)
        guard level >= Self.recovered else { return [] }
        defer { left = [] }
        level -= Self.cost * Int64(left.count)
        return left.map { .suppressed(kind: $0.kind, count: $0.count) }
    }

    private mutating func leaveOut(_ name: String) {
        if let index = left.firstIndex(where: { $0.kind == name }) {
            left[index].count += 1
        } else {
            left.append((name, 1))
        }
    }

    private mutating func refill(at up: Milliseconds) {
        level = level(at: up)
        refilled = max(refilled, up)
    }

    private func level(at up: Milliseconds) -> Int64 {
        guard up > refilled else { return level }
        // A long pause fills the bucket whatever its length; the product below then cannot overflow.
        return min(level + min(up - refilled, Self.capacity) * perSecond, Self.capacity)
    }
}

extension Event.Kind {
    /// The kind's name on the wire where its number is limited; `nil` for what operators did, which is never left out.
    /// What was refused them is.
    var limitedName: String? {
        switch self {
        case .state: "state"
        case .probe: "probe"
        case .retryExhausted: "retry_exhausted"
        case .config: "config"
        case .command(let record): record.refusal == nil ? nil : "command"
        case .override, .suppressed: nil
        }
    }

    /// Whether it may come as often as calls do.
    var tellsOfOneCall: Bool {
        switch self {
        case .probe, .retryExhausted: true
        default: false
        }
    }
}
