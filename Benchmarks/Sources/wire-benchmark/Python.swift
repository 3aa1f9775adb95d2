// SPDX-License-Identifier: Apache-2.0

import Foundation

/// CPython's json in a process of its own, over the same bytes.
final class Python {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()

    /// - Parameter bytes: the lines to read and write.
    init(script: String, bytes: [UInt8]) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "wire-benchmark-\(getpid()).json")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [script, file.path()]
        process.standardInput = requests
        process.standardOutput = answers
        try process.run()
        // The first answer says that the file has been read.
        _ = try measure("decode", 1)
    }

    func measure(_ work: String, _ repeats: Int) throws -> Int64 {
        try requests.fileHandleForWriting.write(contentsOf: Data("\(work) \(repeats)\n".utf8))
        var answer = ""
        while !answer.hasSuffix("\n") {
            guard let byte = try answers.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
                throw CocoaError(.fileReadUnknown)
            }
            answer += String(decoding: byte, as: UTF8.self)
        }
        guard let time = Int64(answer.dropLast()) else { throw CocoaError(.fileReadCorruptFile) }
        return time
    }

    deinit {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
