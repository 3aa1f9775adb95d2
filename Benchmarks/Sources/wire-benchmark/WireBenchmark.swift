// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Foundation
import Measuring

/// usage: wire-benchmark [ROUNDS]         the speed of our codec and its peers, in CPU time of one thread, over interleaved rounds
///        wire-benchmark --allocations    those of our codec; exit code 1 when there are any in the steady state, or nobody counts
@main
enum WireBenchmark {
    static func main() throws {
        let workload = Workload()
        let argument = CommandLine.arguments.dropFirst().first
        if argument == "--allocations" { exit(try isFreeOfAllocations(workload) ? 0 : 1) }
        let rounds = argument.flatMap(Int.init).map { max(1, $0) } ?? 9
        print(workload.summary)
        let python = try Python(script: peerScript, bytes: workload.bytes)
        print("\ndecoding, \(rounds) rounds")
        report(try Race(decoders(workload, python)).run(rounds: rounds), workload)
        print("\nencoding, \(rounds) rounds")
        report(try Race(encoders(workload, python)).run(rounds: rounds), workload)
    }

    private static var peerScript: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "peer.py").path()
    }

    private static func isFreeOfAllocations(_ workload: Workload) throws -> Bool {
        guard let allocations = Allocations() else {
            print("the counter is not loaded: run this by Benchmarks/run")
            return false
        }
        let codec = try WireCodec(workload)
        var isFree = true
        for (name, work) in [("decoding", codec.decode), ("encoding", codec.encode)] {
            // What is kept for ever is allocated now.
            for _ in 0..<3 { try work() }
            let count = try allocations.during { for _ in 0..<100 { try work() } }
            print(
                "\(name) \(100 * workload.rowCount) rows in \(100 * workload.lines.count) lines: \(count) allocations")
            isFree = isFree && count == 0
        }
        return isFree
    }

    private static func report(_ results: [Race.Result], _ workload: Workload) {
        let rows = Double(workload.rowCount)
        var table = Table("", "ns/row min", "median", "spread", "rows/s", "MB/s", "× ours")
        for result in results {
            table.add(
                result.name, (result.minimum / rows).digits(1), (result.median / rows).digits(1),
                "\((result.spread * 100).digits(0)) %", "\((rows * 1_000 / result.median).digits(2)) M",
                (Double(workload.bytes.count) * 1_000 / result.median).digits(0),
                (result.median / results[0].median).digits(2))
        }
        table.print()
    }
}
