// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Lines on standard error, each written at once so that those of several processes do not mix.
enum Log {
    static func line(_ who: String, _ text: String) {
        let time = Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
        plain("\(time) \(who): \(text)")
    }

    static func plain(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
