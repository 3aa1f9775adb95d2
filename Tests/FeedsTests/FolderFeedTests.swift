// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Fleet
import Glibc
import Resilience
import TestSupport
import Testing

@testable import Feeds

@Suite("Folders of sockets", .timeLimit(.minutes(1)))
struct FolderFeedTests {
    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test("Only sockets of this user or root count, by the name's ending")
    func scan() throws {
        let folder = try SocketFolder.open(temporary.path)
        let claims = try ["b", "a"].map { try SocketClaim.take(service: $0, instance: "1", in: folder) }
        close(creat("\(temporary.path)/file.sock", 0o600))
        mkdir("\(temporary.path)/folder.sock", 0o700)
        symlink(claims[0].path, "\(temporary.path)/link.sock")
        rename(try SocketClaimCopy.bind("\(temporary.path)/x.sock"), "\(temporary.path)/other")
        let found = try FolderScan.look(into: temporary.path)
        #expect(found.map(\.path) == ["\(temporary.path)/a.1.sock", "\(temporary.path)/b.1.sock"])
        guard geteuid() == 0 else { return }
        chown(claims[0].path, 54_321, 54_321)
        #expect(try FolderScan.look(into: temporary.path).map(\.path) == ["\(temporary.path)/a.1.sock"])
        withExtendedLifetime(claims) {}
    }

    /// A socket file of any name.
    private enum SocketClaimCopy {
        static func bind(_ path: String) throws -> String {
            let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
            let claim = try SocketClaim.take(service: "x", instance: "1", in: SocketFolder.open(folder))
            link(claim.path, path)
            claim.release()
            return path
        }
    }

    @Test("A named folder that is not safe stops the feed with words that say what to do")
    func unsafe() async throws {
        chmod(temporary.path, 0o777)
        let feed = FolderFeed(folders: [temporary.path], client: "test/1")
        let error = await #expect(throws: SocketError.self) { try await feed.run { _ in } }
        #expect(error?.message.contains("chmod go-w") == true)
    }

    @Test("A folder tells once what is wrong with it, and when it is right again")
    func watch() throws {
        var named = FolderWatch(path: "\(temporary.path)/later", isNamed: true)
        var found = FolderWatch(path: "\(temporary.path)/later", isNamed: false)
        #expect(named.look().news == .lost(reason: "folder '\(temporary.path)/later' does not exist yet"))
        #expect(named.look().news == nil)
        #expect(found.look().news == nil)
        mkdir("\(temporary.path)/later", 0o700)
        #expect(named.look().news == .removed)
        #expect(found.look().news == nil)
        chmod("\(temporary.path)/later", 0o777)
        guard case .lost(let reason)? = found.look().news else {
            Issue.record("an unsafe folder is passed over in silence")
            return
        }
        #expect(reason.contains("chmod go-w"))
        #expect(found.look().news == nil)
        chmod("\(temporary.path)/later", 0o700)
        #expect(found.look().news == .removed)
    }

    @Test("A folder that is not for this user is no source, unless somebody named it")
    func forbidden() {
        let message = "cannot look into folder '/a': Permission denied"
        let scan = { @Sendable (_: String) throws(SocketError) -> [FolderScan.Found] in
            throw SocketError(.folderForbidden, message)
        }
        var found = FolderWatch(path: "/a", isNamed: false, scan: scan)
        var named = FolderWatch(path: "/a", isNamed: true, scan: scan)
        #expect(found.look().news == nil)
        #expect(named.look().news == .lost(reason: message))
    }

    @Test("A folder that the kernel closes to this user is told as such", .enabled(if: geteuid() != 0))
    func closedFolder() throws {
        chmod(temporary.path, 0)
        defer { chmod(temporary.path, 0o700) }
        for path in [temporary.path, "\(temporary.path)/below"] {
            let error = #expect(throws: SocketError.self) { try FolderScan.look(into: path) }
            #expect(error?.code == .folderForbidden)
        }
    }

    @Test("Attempts to reconnect come ever later, up to 5 s, and soon again after a good connection")
    func reconnection() {
        var reconnection = Reconnection(random: RandomSource { .max })
        var pauses = (1...8).map { _ in reconnection.pause() }
        #expect(pauses == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
        reconnection.reset()
        pauses = (1...100).map { _ in reconnection.pause() }
        #expect(pauses.first == .milliseconds(100) && pauses.last == .seconds(5))
        var lucky = Reconnection(random: RandomSource { 1 })
        #expect(lucky.pause() == .milliseconds(50))
        #expect(lucky.longPause() == .milliseconds(2_500))
    }

    @Test("The monitor's clock begins at 0 and never goes back")
    func clock() {
        let reading = Shared<UInt64>(5_000_000)
        let timeline = Timeline(now: { reading.value }, wallClock: { 1_234 }, sleep: { _ in })
        let clock = MonitorClock(timeline)
        reading.change { $0 = 12_000_000 }
        #expect(clock.now() == TelemetryInstant(t: 1_234, up: 7))
        reading.change { $0 = 1 }
        #expect(clock.now().up == 0)
    }
}
