// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// The process of the monitors, for as long as this value is used.
struct Driver {
    private let process = Process()

    /// Starts this program again as so many monitors, and returns when they have begun.
    init(_ kind: String, socket: String, intervals: [Int]) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [kind, socket] + intervals.map(String.init)
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said == "ready\n" else { throw Failed(description: "the monitors did not begin: \(said)") }
    }

    struct Failed: Error, CustomStringConvertible { var description: String }

    func end() {
        // Nothing gentler: a child of a task's thread may block signals as that thread does.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// What this process has used.
enum Usage {
    /// CPU time of all threads, in nanoseconds.
    static var time: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Memory in use, in KiB.
    static var memory: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return -1 }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1) * 4
    }
}
