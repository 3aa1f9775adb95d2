// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How long a monitor takes until it has the whole picture of many services, and what it costs to keep it.
///
/// The services are real publishers, all in one other process of this machine, so that a figure here includes their work.
///
///     fleet-benchmark [SERVICES [CIRCUITS [SECONDS [CALLS]]]]
///
/// 1,000 services of 100 circuits each, watched for 10 s, while CALLS calls a second (0) are spread over all circuits.
@main
struct FleetBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "serve" { return try await Services(arguments.dropFirst()).run() }
        if arguments.contains("--allocations") {
            return print("nothing is counted here: connecting is no steady state")
        }
        let numbers = arguments.compactMap(Int.init)
        let workload = Workload(
            services: numbers.first ?? 1_000, circuits: numbers.dropFirst().first ?? 100,
            seconds: numbers.dropFirst(2).first ?? 10, calls: numbers.dropFirst(3).first ?? 0)
        try await Watching(workload).run()
    }
}

struct Workload: Sendable {
    var services: Int
    var circuits: Int
    var seconds: Int
    var calls: Int
}

/// The CPU time that this process has taken, in seconds.
func processorTime() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
}

/// The most memory that this process has held, in MiB.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss / 1_024
}
