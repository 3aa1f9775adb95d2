// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet

/// One folder over time: what is in it, and when it begins or ceases to be unusable.
struct FolderWatch: Sendable {
    let path: String
    private let isNamed: Bool
    private let scan: @Sendable (String) throws(SocketError) -> [FolderScan.Found]
    private var complaint: String?
    private var known: [FolderScan.Found] = []

    /// - Parameters:
    ///   - isNamed: whether somebody named the folder, instead of its being one where sockets may be.
    ///   - scan: finds the sockets in a folder.
    init(
        path: String, isNamed: Bool,
        scan: @escaping @Sendable (String) throws(SocketError) -> [FolderScan.Found] = { path throws(SocketError) in
            try FolderScan.look(into: path)
        }
    ) {
        self.path = path
        self.isNamed = isNamed
        self.scan = scan
    }

    /// The folder's sockets now, and the phase of the folder itself as a source, where that changed.
    mutating func look() -> (sockets: [FolderScan.Found], news: SourcePhase?) {
        do throws(SocketError) {
            known = try scan(path)
            defer { complaint = nil }
            return (known, complaint == nil ? nil : .removed)
        } catch {
            // That the monitor could not look says nothing about the sockets.
            if error.code != .system { known = [] }
            return (known, complain(error))
        }
    }

    private mutating func complain(_ error: SocketError) -> SourcePhase? {
        let reason = error.code == .folderMissing ? "folder '\(path)' does not exist yet" : error.message
        // Of the places where sockets may be, most do not exist or are not for everybody: no news, unless somebody
        // named them.
        let isNews = isNamed || (error.code != .folderMissing && error.code != .folderForbidden)
        defer { complaint = isNews ? reason : nil }
        if isNews { return complaint == reason ? nil : .lost(reason: reason) }
        return complaint == nil ? nil : .removed
    }
}
