// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Fleet

/// A monitor's side of one connection to a metrics socket: lines come in, observations and what to send come out.
struct SocketConversation: Sendable {
    enum Action: Sendable {
        case observe(Observation.Fact)
        case send(MonitorMessage)
        /// A command was answered.
        case answer(CommandResult)
        /// Close; no further line is taken.
        case end(End)
    }

    /// How a connection came to its end.
    enum End: Sendable, Hashable {
        /// The service said goodbye.
        case stopped(reason: String)
        /// Anything else.
        case lost(reason: String)
        /// What speaks there is no service of this protocol: no point in asking often.
        case hopeless(reason: String)
    }

    /// How far an earlier connection has read, so that the next one need not hear it again.
    struct Bookmark: Sendable, Hashable {
        var boot: String
        var event: Int64
    }

    private enum Phase {
        case awaitingHello
        case awaitingSubscribed
        case catchingUp
        case live
        case over
    }

    private let client: String
    private let interval: Milliseconds
    private let earlier: Bookmark?
    private var phase = Phase.awaitingHello
    private var decoder = ServiceMessageDecoder()
    private var legibility = Legibility()
    private var granted: Milliseconds?

    /// The boot and the last event, once the service said who it is.
    private(set) var bookmark: Bookmark?

    init(client: String, interval: Milliseconds, earlier: Bookmark? = nil) {
        self.client = client
        self.interval = interval
        self.earlier = earlier
    }

    /// Whether any line came.
    private(set) var hasHeard = false

    /// The minor version that the service speaks, once it said so.
    private(set) var protocolMinor: Int64 = 0

    /// How long the service may be silent now, in milliseconds, before it counts as lost.
    var silenceLimit: Milliseconds {
        guard let granted else { return 5_000 }
        let (tenIntervals, overflow) = granted.multipliedReportingOverflow(by: 10)
        return overflow ? .max : max(tenIntervals, 10_000)
    }

    /// Takes one line in.
    mutating func receive(_ line: InboundLine) -> [Action] {
        guard phase != .over else { return [] }
        hasHeard = true
        switch line {
        case .tooLong, .stillTooLong:
            return unreadable(WireError(.lineTooLong, "a line is longer than \(WireLimits.lineBytes) bytes"))
        case .line(let bytes):
            do throws(WireError) {
                let message = try decode(bytes)
                legibility.note(read: true)
                if case .unknown = message { return [.observe(.foreign(bytes))] }
                return receive(message)
            } catch {
                return unreadable(error)
            }
        }
    }

    private mutating func decode(_ bytes: [UInt8]) throws(WireError) -> ServiceMessage {
        // The closure's own typed error does not pass through `withUnsafeBytes` of every release.
        let result = bytes.withUnsafeBytes { bytes in
            do throws(WireError) {
                return Result<ServiceMessage, WireError>.success(try decoder.decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func unreadable(_ error: WireError) -> [Action] {
        legibility.note(read: false)
        switch phase {
        case .awaitingHello where error.code == .unsupportedVersion:
            return end(.hopeless(reason: error.message))
        case .awaitingHello:
            return end(.hopeless(reason: "not a metrics socket: \(error.message)"))
        case .awaitingSubscribed:
            return end(.hopeless(reason: "not understood: \(error.message)"))
        case .catchingUp, .live, .over:
            guard legibility.isBearable else {
                let reason = "\(legibility.skipped) lines could not be read; the last: \(error.message)"
                return end(.hopeless(reason: reason))
            }
            // The same words for the same mistake: a line that is sent again and again is one piece of news.
            return [.observe(.complaint(code: error.code.rawValue, message: "a line was skipped: \(error.message)"))]
        }
    }

    private mutating func end(_ end: End) -> [Action] {
        phase = .over
        return [.end(end)]
    }
}

extension SocketConversation {
    /// Takes one message in.
    mutating func receive(_ message: ServiceMessage) -> [Action] {
        switch (message, phase) {
        case (_, .over), (.unknown, _): return []
        case (.bye(let reason), _): return end(.stopped(reason: reason))
        case (.error(let error), .awaitingHello), (.error(let error), .awaitingSubscribed):
            return end(.lost(reason: "refused: \(error.message) (\(error.code))"))
        case (.error(let error), _): return [.observe(.complaint(code: error.code, message: error.message))]
        case (.hello(let hello), .awaitingHello): return greet(hello)
        case (_, .awaitingHello): return end(.hopeless(reason: "not a metrics socket: it does not begin with `hello`"))
        case (.subscribed(let subscribed), .awaitingSubscribed): return begin(subscribed)
        case (_, .awaitingSubscribed), (.hello, _), (.subscribed, _):
            return end(.hopeless(reason: "the service does not keep to the protocol's order"))
        case (.ready, _):
            phase = .live
            return [.observe(.source(.ready))]
        case (.result(let result), _): return [.answer(result)]
        case (.circuit(let circuit), _): return [.observe(.circuit(circuit))]
        case (.sample(let sample), _):
            let rows = ProviderSample(at: sample.at, seq: sample.seq, rows: sample.rows)
            return [.observe(.sample(rows, isEnd: sample.isEnd))]
        case (.histogram(let histogram), _):
            return [.observe(.histogram(circuit: histogram.circuit, histogram.latency, at: histogram.at))]
        case (.event(let event, let replayed), _):
            remember(event.seq)
            return [.observe(.event(event, replayed: replayed))]
        case (.gap(let gap), _):
            remember(gap.to)
            return [.observe(.gap(from: gap.from, to: gap.to))]
        }
    }

    private mutating func greet(_ hello: Hello) -> [Action] {
        phase = .awaitingSubscribed
        protocolMinor = hello.version.minor
        let isSameBoot = hello.identity.boot == earlier?.boot
        bookmark = isSameBoot ? earlier : Bookmark(boot: hello.identity.boot, event: 0)
        let subscribe = Subscribe(client: client, interval: interval, eventsSince: isSameBoot ? earlier?.event : nil)
        return [.observe(.source(.greeted(hello.identity, actions: hello.actions))), .send(.subscribe(subscribe))]
    }

    private mutating func begin(_ subscribed: Subscribed) -> [Action] {
        phase = .catchingUp
        granted = subscribed.interval
        let mayOperate = subscribed.role == .operator
        return [.observe(.source(.subscribed(interval: subscribed.interval, mayOperate: mayOperate)))]
    }

    private mutating func remember(_ event: Int64) {
        guard let last = bookmark?.event else { return }
        bookmark?.event = max(last, event)
    }
}
