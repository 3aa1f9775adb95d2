// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Glibc
import Recording

/// What a recording costs: processor and bytes while it is made, the time of going to any moment of it, and of opening a
/// gigabyte, and the memory of playing it.
///
///     recording-benchmark [CIRCUITS [MINUTES]]
///
/// 500 circuits at 1 Hz for 60 minutes, with 20 % and with all of them active; then 10,000 for two minutes. Big files are
/// made of the first one's segments in the folder of this program, and removed again.
@main
struct RecordingBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.contains("--allocations") { return print("nothing is counted here: a recording grows") }
        if arguments.first == "--play", let path = arguments.last { return try BigFile.play(path) }
        let numbers = arguments.compactMap(Int.init)
        let (circuits, minutes) = (numbers.first ?? 500, numbers.dropFirst().first ?? 60)
        let first = try measure(Traffic(circuits: circuits, activePercent: 20), minutes: minutes)
        try measure(Traffic(circuits: circuits, activePercent: 100), minutes: minutes)
        try measure(Traffic(circuits: 10_000, activePercent: 100), minutes: 2)
        try measureBig(first)
    }

    private static func measureBig(_ recording: [UInt8]) throws {
        print("\nBig files, of the segments of the first recording:")
        let path = CommandLine.arguments[0] + ".\(getpid()).btrec"
        for hasTable in [true, false] {
            let file = try BigFile(of: recording, length: 1_000_000_000, hasTable: hasTable, at: path)
            defer { file.remove() }
            var times: [Double] = []
            for _ in 1...5 {
                let start = time()
                let player = try Player(FileBytes(path: path))
                times.append(time() - start)
                guard player.count > 1, player.hasTable == hasTable else { fatalError("not opened") }
            }
            times.sort()
            print(
                "\(file.size) bytes \(hasTable ? "with" : "without") the table: opened in",
                "\(rounded(times[2] * 1e3)) ms, at most \(rounded(times[4] * 1e3)) ms")
        }
        for times in [1, 10] {
            let file = try BigFile(of: recording, length: times * recording.count, hasTable: false, at: path)
            defer { file.remove() }
            file.playElsewhere()
        }
    }

    @discardableResult
    private static func measure(_ traffic: Traffic, minutes: Int) throws -> [UInt8] {
        let began = TelemetryInstant(t: 1_790_000_000_000, up: 1_000)
        let recorder = try Recorder(RecordingHeader(started: began.t, program: "benchmark"), began: began)
        var traffic = traffic
        var (bytes, spent, slowest) = ([UInt8](), 0.0, 0.0)
        for second in 0..<(minutes * 60) {
            let facts = traffic.facts(second)
            let start = threadTime()
            for fact in facts { try recorder.record(fact) }
            try recorder.flush()
            let took = threadTime() - start
            (spent, slowest) = (spent + took, max(slowest, took))
            bytes += recorder.takeOutput()
        }
        try recorder.end()
        bytes += recorder.takeOutput()
        let rows = Double(traffic.rows) / Double(minutes * 60)
        print(
            "\n\(traffic.circuits) circuits at 1 Hz, \(traffic.activePercent) % active, \(minutes) min:",
            "\(rounded(Double(bytes.count) / 1e6)) MB, \(rounded(rows)) rows/s,",
            "\(rounded(100 * spent / Double(minutes * 60))) % of a core, slowest second \(rounded(slowest * 1e3)) ms")
        try seek(bytes, minutes: minutes, began.t)
        return bytes
    }

    private static func seek(_ bytes: [UInt8], minutes: Int, _ start: Milliseconds) throws {
        let opening = time()
        let player = try Player(bytes)
        let opened = time() - opening
        var times: [Double] = []
        var random = SystemRandomNumberGenerator()
        for _ in 1...200 {
            let at = start + Int64.random(in: 0...Int64(minutes) * 60_000, using: &random)
            let start = time()
            try player.seek(to: at)
            times.append(time() - start)
        }
        times.sort()
        let playing = time()
        try player.seek(to: start)
        try player.play(to: start + Int64(minutes) * 60_000)
        let played = time() - playing
        print(
            "\(player.count) segments; opened in \(rounded(opened * 1e3)) ms; 200 seeks: median \(rounded(times[100] * 1e3)) ms,",
            "p99 \(rounded(times[198] * 1e3)) ms, most \(rounded(times[199] * 1e3)) ms; all of it played in",
            "\(rounded(played)) s")
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func threadTime() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }
    private static func time() -> Double { seconds(CLOCK_MONOTONIC) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
