// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder of a test's own, with a path short enough for sockets; gone with this value.
package final class TemporaryFolder: Sendable {
    package struct Failed: Error { package var errno: CInt }

    package let path: String

    package init() throws {
        var template = Array("/tmp/bt-XXXXXX".utf8CString)
        path = try template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, mkdtemp(base) != nil else { throw Failed(errno: errno) }
            return String(cString: base)
        }
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: String) {
        // `remove` takes files, links and empty folders; what it leaves is a folder with something in it.
        guard remove(path) != 0, let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { removeAll("\(path)/\(name)") }
        }
        closedir(directory)
        remove(path)
    }

    package func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }
}
