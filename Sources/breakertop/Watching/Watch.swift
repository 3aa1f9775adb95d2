// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Feeds
import Fleet

/// `breakertop watch`: prints what happens, a line each, for scripts, logs and screen readers.
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens as it happens, a line each, for scripts, logs and screen readers.",
        discussion: """
            It begins with a line for each circuit as it is, and tells such lines again for a service that comes or returns. \
            Then: states, overrides, commands, probes, services that come, go or fall silent, and gaps where something was \
            lost. Lines about a service are left out where no circuit of it could be meant. What stands for no circuit is waited \
            for, and said. It ends when its reader goes away.
            """)

    @Argument(
        help: ArgumentHelp(
            "Only these: NAME, SERVICE/NAME, INSTANCE/NAME, SERVICE/INSTANCE/NAME, each part perhaps a quoted pattern.",
            valueName: "circuit"), completion: CircuitCompletion.kind, transform: { try CircuitSelector($0) })
    var selectors: [CircuitSelector] = []

    @Flag(help: "Print JSON, an object a line: {\"version\": 1, \"type\": \"state\", ...}.")
    var json = false

    @Flag(help: "Do not begin with the circuits as they are.")
    var noSnapshot = false

    @Option(
        help: ArgumentHelp(
            "Only lines about these, with commas between: \(WatchTopics.words.joined(separator: ", ")). Gaps are told always.",
            valueName: "kinds"),
        completion: WordListCompletion.kind(WatchTopics.words), transform: { try WatchTopics($0) })
    var only: WatchTopics?

    @Flag(help: "Times of day in the local zone instead of UTC.")
    var local = false

    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("End after this time: 30s, 10m, 2h, 1d.", valueName: "time"),
        completion: .list(["30s", "10m", "1h"]), transform: Self.time)
    var time: Duration?

    @OptionGroup var sources: SourceOptions

    static func time(_ text: String) throws -> Duration {
        guard case .limited(let time) = try Command.Lifetime(text: text) else {
            throw ValidationError("“\(text)” is no time to end after: say 30s, 10m, 2h or 1d, or leave it out")
        }
        return .milliseconds(time)
    }

    func run() async throws {
        let clock = MonitorClock()
        let (feed, places) = sources.feed(clock)
        let format = LineFormat(isJSON: json, isLocal: local)
        let writer = LineWriter { count in
            format.bytes(of: WatchLine(t: clock.now().t, kind: .dropped(count: count)))
        }
        let machine = WatchStateMachine(selectors: selectors, showsPicture: !noSnapshot)
        let watcher = Watcher(machine, format, clock, only ?? .all) { line in await writer.put(line) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await follow(feed) { observation in await watcher.take(observation) }
                return false
            }
            group.addTask {
                if try await watcher.begin() == 0 {
                    Output.error("no service publishes yet; waiting, looking in \(places.sentence)")
                } else {
                    for complaint in await watcher.complaints { Output.error("waiting: \(complaint)") }
                }
                while true { try await watcher.tick() }
            }
            group.addTask {
                for await _ in writer.broken {}
                return true
            }
            if let time {
                group.addTask {
                    try await Task.sleep(for: time)
                    return true
                }
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
        await writer.flush()
        let status = await watcher.status
        if status != .done { throw status.code }
    }
}

/// Holds the state machine and hands its lines to the writer.
actor Watcher {
    private var machine: WatchStateMachine
    private let write: @Sendable ([UInt8]) async -> Void
    private var isPutting = false
    private(set) var waiting: [CheckedContinuation<Void, Never>] = []
    private let format: LineFormat
    private let topics: WatchTopics
    private let clock: MonitorClock
    private var lastChange = ContinuousClock.now

    /// How long the picture may take to be whole.
    private static let patience: Duration = .seconds(2)

    init(
        _ machine: WatchStateMachine, _ format: LineFormat, _ clock: MonitorClock, _ topics: WatchTopics = .all,
        write: @escaping @Sendable ([UInt8]) async -> Void
    ) {
        self.machine = machine
        self.write = write
        self.format = format
        self.topics = topics
        self.clock = clock
    }

    /// What this comes to if it ends now.
    var status: ExitStatus {
        if machine.fleet.instances.isEmpty { return .nobody }
        return machine.unmatched.isEmpty ? .done : .noSuchCircuit
    }

    /// What was asked for and is not there.
    var complaints: [String] {
        machine.unmatched.map { NearestCircuits.sentence($0.text, among: machine.fleet.circuits()) }
    }

    func take(_ observation: Observation) async {
        if case .source = observation.fact { lastChange = .now }
        await put(machine.take(observation))
    }

    /// Waits for the picture and tells it.
    /// - Returns: how many services are there.
    func begin() async throws -> Int {
        let start = ContinuousClock.now
        while start.duration(to: .now) < Self.patience {
            if machine.fleet.isTold && lastChange.duration(to: .now) >= machine.fleet.settlingTime { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        await put(machine.begin(at: clock.now()))
        return machine.fleet.instances.count
    }

    func tick() async throws {
        try await Task.sleep(for: .milliseconds(250))
        await put(machine.tick(at: clock.now()))
    }

    /// Waits while the writer has no room: so does the source then, and a flood stays in its socket. Who comes meanwhile
    /// waits for its turn, so that no line overtakes another.
    private func put(_ all: [WatchLine]) async {
        let lines = all.filter(topics.include)
        guard !lines.isEmpty else { return }
        if isPutting {
            await withCheckedContinuation { waiting.append($0) }
        }
        isPutting = true
        for line in lines { await write(format.bytes(of: line)) }
        // The turn is handed on, not given up: nobody can come between.
        if waiting.isEmpty { isPutting = false } else { waiting.removeFirst().resume() }
    }
}
