// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Dashboard

@Suite struct ReadmeTests {
    @Test("README's table of keys is the keymap")
    func keys() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let file = root.appending(path: "README.md")
        var readme = try String(contentsOf: file, encoding: .utf8)
        let table = Keymap.all.map { "| \($0.names) | \($0.help) |" }.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            let head = "| key | what it does |\n|---|---|\n"
            let start = try #require(readme.range(of: head)?.upperBound)
            let end = try #require(readme.range(of: "\n\n", range: start..<readme.endIndex)?.lowerBound)
            readme.replaceSubrange(start..<end, with: table)
            try readme.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(readme.contains(table), "README.md's table of keys must read:\n\(table)")
    }

    @Test("Every key does one thing")
    func unambiguous() {
        for screen in Screen.ID.allCases {
            let keys = Keymap.all.filter { $0.applies(on: screen) }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count, "in the view \(screen)")
        }
    }
}
