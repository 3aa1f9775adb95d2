// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

// What a model keeps of the vocabulary's own types.

extension TelemetryInstant {
    static let zero = TelemetryInstant(t: 0, up: 0)

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&t)
        try memento.exchange(&up)
    }
}

extension Event {
    static let blank = Event(at: .zero, seq: 0, circuit: nil, kind: .config)

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try at.exchange(with: &memento)
        try memento.exchange(&seq)
        try memento.exchange(&circuit)
        try kind.exchange(with: &memento)
    }
}

extension Event.Kind {
    private var tag: Int64 {
        switch self {
        case .state: 0
        case .override: 1
        case .command: 2
        case .probe: 3
        case .retryExhausted: 4
        case .config: 5
        case .suppressed: 6
        }
    }

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        var tag = tag
        try memento.exchange(&tag, in: 0...6)
        switch tag {
        case 0: try exchangeState(with: &memento)
        case 1: try exchangeOverride(with: &memento)
        case 2: try exchangeCommand(with: &memento)
        case 3:
            var record = ProbeRecord(ok: false, microseconds: 0)
            if case .probe(let known) = self { record = known }
            try memento.exchange(&record.ok)
            try memento.exchange(&record.microseconds)
            try memento.exchange(&record.error)
            self = .probe(record)
        case 4:
            var (attempts, error): (Int64, String?) = (0, nil)
            if case .retryExhausted(let count, let text) = self { (attempts, error) = (count, text) }
            try memento.exchange(&attempts)
            try memento.exchange(&error)
            self = .retryExhausted(attempts: attempts, error: error)
        case 6:
            var (kind, count): (String, Int64) = ("", 0)
            if case .suppressed(let known, let number) = self { (kind, count) = (known, number) }
            try memento.exchange(&kind)
            try memento.exchange(&count)
            self = .suppressed(kind: kind, count: count)
        default: self = .config
        }
    }

    private mutating func exchangeState(with memento: inout Memento) throws(MementoError) {
        var change = StateChange(from: .closed, to: .closed, generation: 0, cause: .rule)
        if case .state(let known) = self { change = known }
        try memento.exchange(choice: &change.from)
        try memento.exchange(choice: &change.to)
        try memento.exchange(&change.generation)
        try memento.exchange(choice: &change.cause)
        try memento.exchange(&change.trip, blank: .blank) { (trip, memento) throws(MementoError) in
            try trip.exchange(with: &memento)
        }
        self = .state(change)
    }

    private mutating func exchangeOverride(with memento: inout Memento) throws(MementoError) {
        var change = OverrideChange(from: .none, to: CircuitOverride(), cause: .command)
        if case .override(let known) = self { change = known }
        try memento.exchange(choice: &change.from)
        try change.to.exchange(with: &memento)
        try memento.exchange(choice: &change.cause)
        self = .override(change)
    }

    private mutating func exchangeCommand(with memento: inout Memento) throws(MementoError) {
        var record = CommandRecord(id: "", action: .clear, principal: "", claimed: "", reason: "")
        if case .command(let known) = self { record = known }
        try memento.exchange(&record.id)
        var action = record.action.rawValue
        try memento.exchange(&action)
        record.action = CommandAction(rawValue: action) ?? .clear
        try memento.exchange(&record.principal)
        try memento.exchange(&record.claimed)
        try memento.exchange(&record.reason)
        var refusal = record.refusal?.rawValue
        try memento.exchange(&refusal)
        record.refusal = refusal.map(CommandError.Code.init(rawValue:))
        self = .command(record)
    }
}

extension Trip {
    static let blank = Trip(at: 0, rule: "")

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&at)
        try memento.exchange(&rule)
        try memento.exchange(&calls)
        try memento.exchange(&failed)
        try memento.exchange(&consecutiveFailed)
        try memento.exchange(&threshold)
        try memento.exchange(&errors, atMost: Self.maximumErrors, blank: TripError(type: "", message: "")) {
            (error, memento) throws(MementoError) in
            try memento.exchange(&error.type)
            try memento.exchange(&error.message)
            try memento.exchange(&error.count)
        }
    }
}

extension CircuitOverride {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(choice: &mode)
        try memento.exchange(&revision)
        try memento.exchange(&principal)
        try memento.exchange(&claimed)
        try memento.exchange(&reason)
        try memento.exchange(&since)
        try memento.exchange(&until)
    }
}

extension LatencyHistogram {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        var filled = counts.indices.filter { counts[$0] != 0 }.map { (bucket: $0, count: counts[$0]) }
        try memento.exchange(&filled, atMost: Self.bucketCount, blank: (bucket: 0, count: 0)) {
            (entry, memento) throws(MementoError) in
            try memento.exchange(&entry.bucket, in: 0...Self.bucketCount - 1)
            try memento.exchange(&entry.count)
        }
        if memento.isRead { self = LatencyHistogram(counts: filled) }
    }
}

extension ServiceIdentity {
    static let blank = ServiceIdentity(service: "", instance: "", boot: "")

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&service)
        try memento.exchange(&instance)
        try memento.exchange(&boot)
        try memento.exchange(&environment)
        try memento.exchange(&version)
        try memento.exchange(&pid)
        try memento.exchange(&host)
        try memento.exchange(&started)
        var keeps: Int64? = keepsOverrides.map { $0 ? 1 : 0 }
        try memento.exchange(&keeps, in: 0...1)
        keepsOverrides = keeps.map { $0 == 1 }
    }
}
