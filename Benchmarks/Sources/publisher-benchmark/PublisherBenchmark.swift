// SPDX-License-Identifier: Apache-2.0

import Foundation
import Measuring

/// usage: publisher-benchmark [ROUNDS]
///
/// What monitors cost a service: the CPU time of its process with them less that without them, in turns, while every circuit
/// has four calls a second or none. The monitors are a process of their own.
@main
enum PublisherBenchmark {
    private struct Case {
        var name: String
        var circuits: Int
        var callsPerSecond = 4
        var intervals: [Int]
    }

    private static let turn: Duration = .seconds(2)

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "monitors": Monitors(arguments.dropFirst()).run()
        case "stalled": Monitors(arguments.dropFirst()).stall()
        case "--allocations": print("nothing to count: a publisher allocates as its monitors do")
        default: try await measure(rounds: arguments.first.flatMap { Int($0) } ?? 7)
        }
    }

    private static func measure(rounds: Int) async throws {
        // First, while no memory lies about that was freed.
        print("\(try await stalledMemory()) KiB for each of 50 monitors that read nothing, with 10,000 circuits\n")
        let staggered = (0..<100).map { 250 + 20 * $0 }
        let cases = [
            Case(name: "1,000 circuits, 1 monitor at 4 Hz", circuits: 1_000, intervals: [250]),
            Case(name: "1,000 quiet circuits, 1 monitor at 4 Hz", circuits: 1_000, callsPerSecond: 0, intervals: [250]),
            Case(
                name: "1,000 circuits, 100 monitors at 4 Hz", circuits: 1_000,
                intervals: Array(repeating: 250, count: 100)),
            Case(name: "1,000 circuits, 100 monitors at 0.4 to 4 Hz", circuits: 1_000, intervals: staggered),
            Case(name: "10,000 circuits, 1 monitor at 4 Hz", circuits: 10_000, intervals: [250]),
            Case(
                name: "10,000 quiet circuits, 1 monitor at 4 Hz", circuits: 10_000, callsPerSecond: 0, intervals: [250]),
            Case(name: "10,000 circuits, 100 monitors at 0.4 to 4 Hz", circuits: 10_000, intervals: staggered),
        ]
        print(
            "share of a core that monitors cost, \(rounds) rounds; the last column: per 1,000 circuits and monitor at 4 Hz\n"
        )
        var table = Table("", "without", "min", "median", "spread", "each")
        for item in cases {
            let (without, extra) = try await shares(item, rounds: rounds)
            let sorted = extra.sorted()
            let median = sorted[sorted.count / 2]
            let samples = item.intervals.reduce(0.0) { $0 + 250 / Double($1) } * Double(item.circuits) / 1_000
            table.add(
                item.name, percent(without), percent(sorted[0]), percent(median),
                percent((sorted.last ?? 0) - sorted[0]), percent(median / samples))
        }
        table.print()
    }

    /// The service's own share, and what monitors add to it, in each round.
    private static func shares(_ item: Case, rounds: Int) async throws -> (without: Double, extra: [Double]) {
        let service = try Service(circuits: item.circuits, callsPerSecond: item.callsPerSecond)
        let results = Results()
        try await service.run {
            for _ in 0...rounds {
                let without = try await share()
                let driver = try Driver("monitors", socket: service.socket, intervals: item.intervals)
                let with = try await share()
                driver.end()
                results.add(without, with - without)
                // The publisher is to notice that they are gone.
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        return results.afterWarmUp
    }

    private static func share() async throws -> Double {
        let (start, time) = (ContinuousClock.now, Usage.time)
        try await Task.sleep(for: turn)
        let elapsed = (ContinuousClock.now - start) / .nanoseconds(1)
        return Double(Usage.time - time) / elapsed
    }

    private static func stalledMemory() async throws -> Int {
        let service = try Service(circuits: 10_000, callsPerSecond: 4)
        let results = Results()
        try await service.run {
            // One that reads, so that what all share is there.
            let reader = try Driver("monitors", socket: service.socket, intervals: [250])
            try await Task.sleep(for: turn)
            let before = Usage.memory
            let stalled = try Driver("stalled", socket: service.socket, intervals: Array(repeating: 250, count: 50))
            try await Task.sleep(for: turn)
            results.add(0, Double(Usage.memory - before) / 50)
            results.add(0, Double(Usage.memory - before) / 50)
            stalled.end()
            reader.end()
        }
        return Int(results.afterWarmUp.extra[0])
    }

    private static func percent(_ share: Double) -> String { "\((share * 100).digits(2)) %" }
}

/// What the rounds gave; the first one is to get warm in.
private final class Results: @unchecked Sendable {
    // Only touched by the one task that measures.
    private var rounds: [(without: Double, extra: Double)] = []

    func add(_ without: Double, _ extra: Double) { rounds.append((without, extra)) }

    var afterWarmUp: (without: Double, extra: [Double]) {
        let rounds = rounds.dropFirst()
        return (rounds.map(\.without).sorted()[rounds.count / 2], rounds.map(\.extra))
    }
}
