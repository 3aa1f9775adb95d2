// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Foundation
import Testing

@testable import breakertop

/// What the dashboard keeps from one start to the next.
@Suite struct ArrangementFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "arrangement-\(UUID().uuidString)").path

    private var file: ArrangementFile { ArrangementFile(environment: ["XDG_STATE_HOME": folder]) }

    private let wanted: TableArrangement

    init() throws {
        var arrangement = TableArrangement()
        try arrangement.set(group: "service")
        wanted = arrangement
    }

    @Test("What was kept is found again, in a file and a folder that are one's own")
    func kept() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(file.load().arrangement == TableArrangement() && file.load().complaint == nil)
        for _ in 0..<2 { #expect(file.save(wanted) == nil) }
        #expect(file.load().arrangement == wanted && file.load().complaint == nil)
        let path = try #require(file.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/breakertop")
        #expect(names == ["dashboard"])
        for (path, mode) in [(path, 0o600), ("\(folder)/breakertop", 0o700)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode)
        }
    }

    @Test("What is no arrangement, or no file, is said, not followed, and not written over")
    func hostile() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try #require(file.path)
        #expect(file.save(wanted) == nil)
        for bytes in [Data("group nothing".utf8), Data([0xFF, 0, 0x1B]), Data(count: 100_000)] {
            try bytes.write(to: URL(filePath: path))
            #expect(file.load().arrangement == TableArrangement())
            #expect(file.load().complaint?.hasPrefix(path) == true)
            #expect(file.save(wanted)?.contains(path) == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
        #expect(file.load().complaint?.contains("it is a link") == true)
        #expect(file.save(wanted)?.contains("it is a link") == true)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/etc/passwd")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(file.load().complaint != nil && file.save(wanted)?.contains(path) == true)
    }

    @Test("Where there is no home, nothing is kept and nothing is said")
    func homeless() throws {
        for environment in [[:], ["HOME": ""], ["XDG_STATE_HOME": "relative"]] {
            let file = ArrangementFile(environment: environment)
            #expect(file.path == nil && file.load().complaint == nil && file.save(wanted) == nil)
        }
    }
}
