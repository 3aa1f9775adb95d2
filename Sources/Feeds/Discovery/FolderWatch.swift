// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet

/// One folder over time: what is in it, and what is wrong with it.
struct FolderWatch: PlaceWatch {
    let path: String
    private let isNamed: Bool
    private let pause: Duration
    private let scan: @Sendable (String) throws(SocketError) -> FolderScan.Found
    private var known: [Place] = []

    var source: SourceID { SourceID("folder:\(path)") }
    var kind: SourceKind { .folder }
    var closesWhatGoes: Bool { false }

    /// - Parameters:
    ///   - isNamed: whether somebody named the folder, instead of its being one where sockets may be.
    ///   - pause: how long to wait between two looks.
    ///   - scan: finds the sockets in a folder.
    init(
        path: String, isNamed: Bool, pause: Duration = .milliseconds(500),
        scan: @escaping @Sendable (String) throws(SocketError) -> FolderScan.Found = { path throws(SocketError) in
            try FolderScan.look(into: path)
        }
    ) {
        self.path = path
        self.isNamed = isNamed
        self.pause = pause
        self.scan = scan
    }

    mutating func look() async -> Look? {
        let (path, scan) = (path, scan)
        let result = await onThreadOfItsOwn {
            do throws(SocketError) {
                return Result<FolderScan.Found, SocketError>.success(try scan(path))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case nil: return nil
        case .success(let found):
            known = found.places
            return Look(places: known, complaint: found.hasMore ? excess : nil, pause: pause)
        case .failure(let error):
            // That the monitor could not look says nothing about the sockets.
            if error.code != .system { known = [] }
            return Look(places: known, complaint: complaint(about: error), pause: pause)
        }
    }

    private var excess: String {
        "folder '\(path)' has more than \(FolderScan.maximumSockets) sockets or \(FolderScan.maximumEntries) files: the"
            + " rest is not followed; remove what no service needs"
    }

    private func complaint(about error: SocketError) -> String? {
        // Of the places where sockets may be, most do not exist or are not for everybody: no news, unless somebody
        // named them.
        guard isNamed || (error.code != .folderMissing && error.code != .folderForbidden) else { return nil }
        return error.code == .folderMissing ? "folder '\(path)' does not exist yet" : error.message
    }
}
