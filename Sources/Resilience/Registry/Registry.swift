// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The circuits of a process, and what monitors may know and do about them.
///
/// ```swift
/// let registry = Registry(service: "orders")
/// let charge = registry.circuit("payment.charge", target: .init(service: "payments", endpoint: "POST /charge"))
/// let receipt = try await charge.run { try await payments.charge(order) }
/// ```
public final class Registry: TelemetryProvider {
    private struct Circuits: Sendable {
        var byName: [String: Circuit] = [:]
        /// In ascending order of id.
        var all: [Circuit] = []
        var lastID: Int64 = 0

        func index(of id: Int64) -> Int? {
            var (low, high) = (0, all.count)
            while low < high {
                let middle = (low + high) / 2
                if all[middle].id < id { low = middle + 1 } else { high = middle }
            }
            return low < all.count && all[low].id == id ? low : nil
        }
    }

    /// Who publishes, and whether overrides can be kept at this moment.
    public var identity: ServiceIdentity {
        var identity = process
        identity.keepsOverrides = keeper?.isKeeping ?? false
        return identity
    }

    let clock: BootClock
    let log: EventLog
    let keeper: OverrideKeeper?
    private let process: ServiceIdentity
    private let random: RandomSource
    private let circuits = Mutex(Circuits())

    /// Creates a registry: one a process.
    ///
    /// - Parameters:
    ///   - service: The service's name, 1…200 bytes of UTF-8.
    ///   - instance: This instance's stable name, the same after a restart. Without one, the environment variable
    ///     `BREAKERTOP_INSTANCE`, else the service's name, which is right where there is only one instance.
    ///   - environment: Such as `prod-eu`. Without one, the environment variable `BREAKERTOP_ENV`, else nothing.
    ///   - version: The service's own version.
    ///   - overrides: What becomes of overrides when the service restarts. A file is read here and now.
    ///   - timeline: Where time comes from.
    ///   - random: Where the jitter of retries comes from.
    public init(
        service: String,
        instance: String? = nil,
        environment: String? = nil,
        version: String = "",
        overrides: OverrideKeeping = .untilRestart,
        timeline: Timeline = .system,
        random: RandomSource = .system
    ) {
        Self.check(service, called: "a service's name")
        let instance = instance ?? Self.variable("BREAKERTOP_INSTANCE") ?? service
        Self.check(instance, called: "an instance's name")
        process = ServiceIdentity(
            service: service, instance: instance, environment: environment ?? Self.variable("BREAKERTOP_ENV") ?? "",
            version: version, pid: Int64(getpid()), host: Self.hostName(), started: timeline.wallClock())
        clock = BootClock(timeline)
        log = EventLog()
        keeper = OverrideKeeper.open(overrides, service: service, clock: clock)
        self.random = random
        keeper?.whenHeld { [weak self] name, override in
            guard let breaker = self?.circuits.withLock({ $0.byName[name] })?.breaker else { return }
            breaker.restore(override)
            breaker.tell()
        }
    }

    // MARK: Circuits

    /// The circuit of a name, made at the first call.
    ///
    /// A name used twice gives the same circuit, with its first configuration; ``Circuit/configuration`` tells which
    /// that is.
    ///
    /// - Parameters:
    ///   - name: Its name within the service, 1…200 bytes of UTF-8.
    ///   - target: The service and endpoint that it calls.
    ///   - tags: Free labels, at most 32.
    ///   - breaker: When it opens and how it probes.
    ///   - retry: How failed calls are tried again; `nil` = not at all.
    ///   - timeout: The time limit of each attempt; `nil` = none.
    public func circuit(
        _ name: String,
        target: CircuitTarget = CircuitTarget(),
        tags: [String: String] = [:],
        breaker: CircuitBreaker.Configuration = .init(),
        retry: Retry.Configuration? = nil,
        timeout: Duration? = nil
    ) -> Circuit {
        Self.check(name, called: "a circuit's name")
        precondition(
            tags.count <= CircuitDescription.maximumTags,
            "circuit \(name): at most \(CircuitDescription.maximumTags) tags (has \(tags.count))")
        let configuration = Circuit.Configuration(breaker: breaker, retry: retry, timeout: timeout)
        let (circuit, restored) = circuits.withLock { circuits -> (Circuit, StoredOverride.Resumed?) in
            if let existing = circuits.byName[name] { return (existing, nil) }
            circuits.lastID += 1
            let circuit = Circuit(
                id: circuits.lastID, name: name, target: target, tags: tags, configuration: configuration,
                clock: clock, random: random, log: log, keeper: keeper)
            log.enter(circuit.id)
            // Before anybody else can have it: not one call may slip by an override that is kept.
            let restored = keeper?.enter(name, circuit: circuit.id)
            if let restored { circuit.breaker.restore(restored) }
            circuits.byName[name] = circuit
            circuits.all.append(circuit)
            return (circuit, restored)
        }
        circuit.breaker.tell()
        if let restored { keeper?.tell(restored, of: name) }
        return circuit
    }

    /// Takes a circuit down: monitors hear that it is gone, and its number is never used again.
    ///
    /// Whoever still holds it can go on calling; nobody sees it. The name may be used for a new circuit, which takes over
    /// the override where overrides are kept.
    public func remove(_ circuit: Circuit) {
        let isKnown = circuits.withLock { circuits in
            guard circuits.byName[circuit.name] === circuit else { return false }
            circuits.byName[circuit.name] = nil
            if let index = circuits.index(of: circuit.id) { circuits.all.remove(at: index) }
            return true
        }
        guard isKnown else { return }
        keeper?.leave(circuit.name, circuit: circuit.id)
        var description = circuit.describe()
        description.isGone = true
        log.retire(description)
        log.deliver()
    }

    /// Calls a function with each later event of all circuits, such as to log changes of state.
    ///
    /// Events come in order, one at a time, on the task whose call caused them, outside every lock: the function may
    /// call circuits, and should return soon. More than 20 events a second of one circuit are left out and told as
    /// ``Event/Kind/suppressed(kind:count:)``; a function that falls 1,024 events behind misses some, which their
    /// numbers show. It cannot be taken off again.
    public func onEvent(_ listener: @escaping @Sendable (Event) -> Void) {
        log.listen(listener)
    }

    /// The circuit of a number; `nil` when there is none or it is gone.
    public func circuit(id: Int64) -> Circuit? {
        circuits.withLock { circuits in circuits.index(of: id).map { circuits.all[$0] } }
    }

    /// The circuits, in ascending order of id.
    public var all: [Circuit] {
        circuits.withLock { $0.all }
    }

    // MARK: Identity

    private static func check(_ name: String, called what: String) {
        precondition(!name.isEmpty, "\(what) must not be empty")
        let limit = ServiceIdentity.maximumNameLength
        precondition(
            name.utf8.count <= limit,
            "\(what) must be at most \(limit) bytes (is \(name.utf8.count): \(name.prefix(40))…)")
    }

    /// An environment variable's value; `nil` when it is empty, missing, or too long to be a name.
    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value.utf8.count <= ServiceIdentity.maximumNameLength ? value : nil
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
