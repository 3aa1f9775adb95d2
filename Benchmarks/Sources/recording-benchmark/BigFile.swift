// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Glibc
import Recording

/// A file as long as one likes: a recording's segments, again and again.
struct BigFile {
    let path: String
    let size: Int

    /// - Parameter recording: with its table.
    init(of recording: [UInt8], length: Int, hasTable: Bool, at path: String) throws {
        let count = Self.number(recording, recording.count - 9)
        let tableLength = 8 + 8 * count + 9
        let tableStart = recording.count - tableLength
        let headerLength = Self.number(recording, tableStart + 8)
        let segments = recording[headerLength..<tableStart]
        let entries = recording[(tableStart + 16)..<(recording.count - 9)]
        let times = max(1, length / segments.count)
        let file = try RecordingFile(creating: path)
        try file.append(Array(recording[..<headerLength]), isSealed: false)
        for _ in 1...times { try file.append(Array(segments), isSealed: false) }
        var size = headerLength + times * segments.count
        if hasTable {
            let frames = 1 + times * (count - 1)
            var table = Self.bytes(0x184D_2A5E) + Self.bytes(8 * frames + 9)
            table += recording[(tableStart + 8)..<(tableStart + 16)]
            for _ in 1...times { table += entries }
            table += Self.bytes(frames) + [0] + Self.bytes(0x8F92_EAB1)
            try file.append(table, isSealed: false)
            size += table.count
        }
        (self.path, self.size) = (path, size)
    }

    func remove() { unlink(path) }

    private static func number(_ bytes: [UInt8], _ start: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    }

    private static func bytes(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

extension BigFile {
    /// Plays it to its end in a process of its own, which tells how much memory that took at most.
    func playElsewhere() {
        // What it prints comes after what was printed here.
        fflush(nil)
        var child: pid_t = 0
        let arguments = [CommandLine.arguments[0], "--play", path]
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        guard posix_spawn(&child, "/proc/self/exe", nil, nil, &pointers, &environment) == 0 else { return }
        var status: CInt = 0
        waitpid(child, &status, 0)
    }

    static func play(_ path: String) throws {
        let file = try FileBytes(path: path)
        try Player(file).play(to: 1 << 46)
        let status = try FileBytes(path: "/proc/self/status").read(at: 0, count: 4_096)
        let peak = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        print("\(try file.size()) bytes played; at most in memory \(peak?.dropFirst(6).trimmed ?? "?")")
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0.isWhitespace } }
}
