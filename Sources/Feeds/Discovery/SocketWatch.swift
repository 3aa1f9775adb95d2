// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet
import Glibc

/// A socket that was named by its path, over time.
struct SocketWatch: PlaceWatch {
    let path: String
    let pause: Duration
    var labels: [String: String] = [:]

    var source: SourceID { SourceID("unix:\(path)") }
    var kind: SourceKind { .unix }
    // The path goes when its service ends; that is no reason to hang up before the service says goodbye.
    var closesWhatGoes: Bool { false }

    mutating func look() async -> Look? {
        let path = path
        guard let status = await onThreadOfItsOwn({ Self.status(of: path) }) else { return nil }
        let owner = status.flatMap { $0.st_uid == geteuid() ? nil : $0.st_uid }
        let place = Place(path: path, isNamed: true, file: status.map(Place.File.init), labels: labels, owner: owner)
        return Look(places: [place], pause: pause)
    }

    /// The file that a path names now; `nil` where there is none.
    static func file(at path: String) async -> Place.File? {
        await onThreadOfItsOwn { status(of: path) }?.map(Place.File.init)
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension Place.File {
    init(_ status: stat) {
        let changed = Int64(status.st_ctim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            changed: changed &+ Int64(status.st_ctim.tv_nsec))
    }
}
