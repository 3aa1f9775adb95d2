// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet

/// One folder over time: what is in it, and when it begins or ceases to be unusable.
struct FolderWatch: Sendable {
    let path: String
    private let isNamed: Bool
    private var complaint: String?
    private var known: [FolderScan.Found] = []

    init(path: String, isNamed: Bool) {
        self.path = path
        self.isNamed = isNamed
    }

    /// The folder's sockets now, and the phase of the folder itself as a source, where that changed.
    mutating func look() -> (sockets: [FolderScan.Found], news: SourcePhase?) {
        do throws(SocketError) {
            known = try FolderScan.look(into: path)
            defer { complaint = nil }
            return (known, complaint == nil ? nil : .removed)
        } catch {
            // That the monitor could not look says nothing about the sockets.
            if error.code != .system { known = [] }
            return (known, complain(error))
        }
    }

    private mutating func complain(_ error: SocketError) -> SourcePhase? {
        // Of the places where sockets may be, most do not exist: no news, unless somebody named them.
        let reason = error.code == .folderMissing ? "folder '\(path)' does not exist yet" : error.message
        let isNews = error.code != .folderMissing || isNamed
        defer { complaint = isNews ? reason : nil }
        if isNews { return complaint == reason ? nil : .lost(reason: reason) }
        return complaint == nil ? nil : .removed
    }
}
