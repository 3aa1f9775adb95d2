// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Foundation
import Testing

@testable import breakertop

@Suite struct MarksFileTests {
    private let recording = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).btrec").path

    @Test("What is no time is refused in words, and left alone", arguments: [Int64.max, .min, 1 << 48])
    func far(at: Int64) throws {
        let path = "\(recording).marks"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = "{\"at\":5,\"label\":\"deploy\"}\n{\"at\":\(at),\"label\":\"far\"}\n"
        try Data(text.utf8).write(to: URL(filePath: path))
        let file = MarksFile(besides: recording)
        let complaint = try #require(file.load().complaint)
        #expect(complaint.contains("\(at) is no time") && file.load().0.all.isEmpty)
        #expect(file.save(TimeMarks([.init(at: 6, label: "x")])) == complaint)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test("What was kept is found again")
    func kept() {
        let path = "\(recording).marks"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let marks = TimeMarks([.init(at: -5, label: "before 1970"), .init(at: 1_790_000_000_000, label: "deploy")])
        let file = MarksFile(besides: recording)
        #expect(file.save(marks) == nil)
        #expect(file.load().0 == marks && file.load().complaint == nil)
    }
}
