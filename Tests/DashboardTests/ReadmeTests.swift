// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Dashboard

@Suite struct ReadmeTests {
    @Test("README's table of keys is the keymap")
    func keys() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let table = Keymap.all.map { "| \($0.names) | \($0.help) |" }.joined(separator: "\n")
        #expect(readme.contains(table), "README.md's table of keys must read:\n\(table)")
    }

    @Test("Every key does one thing")
    func unambiguous() {
        let keys = Keymap.all.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
    }
}
