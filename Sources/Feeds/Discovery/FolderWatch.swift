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
    private var changes: FolderChanges?
    private let changed = Doorbell()
    var bell: Doorbell? { changed }

    var source: SourceID { SourceID("folder:\(path)") }
    var kind: SourceKind { .folder }
    var closesWhatGoes: Bool { false }

    /// - Parameters:
    ///   - isNamed: whether somebody named the folder, instead of its being one where sockets may be.
    ///   - pause: how long to wait between two looks, where nobody tells what changes.
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
        let (path, scan, bell) = (path, scan, changed)
        let before = changes
        let result = await onThreadOfItsOwn {
            // Before the look: what changes after it is told.
            let changes = before?.isAlive == true ? before : FolderChanges(of: path, ringing: bell)
            do throws(SocketError) {
                return (changes, Result<FolderScan.Found, SocketError>.success(try scan(path)))
            } catch {
                return (changes, .failure(error))
            }
        }
        guard let result else { return nil }
        changes = result.0
        let pause = changes == nil ? pause : max(pause, Self.pauseWhereChangesAreTold)
        switch result.1 {
        case .success(let found):
            known = found.places
            return Look(places: known, complaint: found.hasMore ? excess : nil, pause: pause)
        case .failure(let error):
            // That the monitor could not look says nothing about the sockets.
            if error.code != .system { known = [] }
            return Look(places: known, complaint: complaint(about: error), pause: pause)
        }
    }

    /// How long to wait between two looks where the kernel tells what changes, but for what it does not tell.
    static let pauseWhereChangesAreTold: Duration = .seconds(2)

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
