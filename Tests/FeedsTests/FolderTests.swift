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
struct FolderTests {
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
        let found = try FolderScan.look(into: temporary.path).places
        #expect(found.map(\.source.name) == ["a", "b"].map { "unix:\(temporary.path)/\($0).1.sock" })
        #expect(found.allSatisfy { $0.origin == SourceOrigin(kind: .unix, isFound: true) && !$0.isNamed })
        withExtendedLifetime(claims) {}
    }

    @Test(
        "A socket of another user counts in a folder of root's only, and its owner is told",
        .enabled(if: geteuid() == 0))
    func othersSockets() throws {
        let folder = try SocketFolder.open(temporary.path)
        let claims = try ["a", "b"].map { try SocketClaim.take(service: $0, instance: "1", in: folder) }
        chown(claims[0].path, 54_321, 54_321)
        #expect(try FolderScan.look(into: temporary.path).places.map(\.origin.owner) == [54_321, nil])
        chown(temporary.path, 54_322, 54_322)
        let found = try FolderScan.look(into: temporary.path, user: 54_322).places
        #expect(found.map(\.origin.owner) == [0], "the user's own folder: root's sockets, not those of a third")
        withExtendedLifetime(claims) {}
    }

    @Test("Locks take no socket's place, and what is beyond the bounds is told")
    func bounds() async throws {
        let folder = try SocketFolder.open(temporary.path)
        let claims = try ["a", "b"].map { try SocketClaim.take(service: $0, instance: "1", in: folder) }
        for number in 1...20 { close(creat("\(temporary.path)/\(number).lock", 0o600)) }
        let whole = try FolderScan.look(into: temporary.path, maximumSockets: 2)
        #expect(whole.places.count == 2 && !whole.hasMore)
        #expect(try FolderScan.look(into: temporary.path, maximumSockets: 1).hasMore)
        #expect(try FolderScan.look(into: temporary.path, maximumEntries: 20).hasMore)
        var watch = FolderWatch(path: "/a", isNamed: false) { _ throws(SocketError) in FolderScan.Found(hasMore: true) }
        #expect(await watch.look()?.complaint?.contains("more than 4096 sockets or 65536 files") == true)
        withExtendedLifetime(claims) {}
    }

    @Test("A socket that was made anew is another one, even where the system gives the number of the old one out again")
    func madeAnew() throws {
        let folder = try SocketFolder.open(temporary.path)
        let files = try (1...5).map { _ in
            let claim = try SocketClaim.take(service: "a", instance: "1", in: folder)
            return try FolderScan.look(into: claim.path.folder).places.first?.file
        }
        #expect(Set(files.map { $0?.changed }).count == files.count)
        #expect(Set(files).count == files.count)
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

    @Test("Where that is asked for, a socket that a dead service left is told of as lost until it is removed")
    func leftover() async throws {
        let path = try SocketClaimCopy.bind("\(temporary.path)/orders.1.sock")
        let feed = TargetsFeed(
            targets: [.folder(path: temporary.path)], client: "test/1", scanInterval: .milliseconds(1),
            tellsOfLeftovers: true)
        try await FleetProbe.run(feed) { probe in
            let found = await probe.until { $0[path] != nil }
            #expect(found[path]?.phase == .connecting, "it is not yet known to be dead")
            #expect(await probe.trouble(of: path).hasPrefix("died without saying goodbye"))
            unlink(path)
            await probe.until { $0.sources.isEmpty }
        }
    }

    @Test("Where one looks only once, a folder is told of before its first look: nobody knows yet that it is empty")
    func announced() async throws {
        let feed = TargetsFeed(
            targets: [.folder(path: temporary.path), .folder(path: "\(temporary.path)/later")], client: "test/1",
            scanInterval: .milliseconds(1), tellsOfLeftovers: true)
        try await ObservationLog.run(feed) { log in
            try await log.phase("lost", of: "later")
            let phases = log.seen.compactMap { if case .source(let phase) = $0.fact { phase } else { nil } }
            #expect(phases.prefix(2) == [.connecting, .connecting])
            if !phases.contains(.removed) { try await log.phase("removed", of: temporary.path) }
        }
    }

    @Test("Only the same file that refuses time and again is a dead service's")
    func refusals() {
        let files = (1...2).map { Place.File(device: 1, inode: $0, changed: 1) }
        var refusals = Refusals()
        func note(_ file: Place.File?, _ count: Int) -> [Bool] { (1...count).map { _ in refusals.note(file) } }
        #expect(note(files[0], 4) == [false, false, false, true], "it may have been about to listen")
        #expect(note(files[1], 1) == [false], "a new process made it anew")
        #expect(note(nil, 9).allSatisfy { !$0 }, "who said goodbye took it away")
        #expect(note(files[1], 4) == [false, false, false, true])
    }

    @Test("A named folder that is not safe stops the feed with words that say what to do")
    func unsafe() async throws {
        chmod(temporary.path, 0o777)
        let feed = TargetsFeed(targets: [.folder(path: temporary.path)], client: "test/1")
        let error = await #expect(throws: SocketError.self) { try await feed.run { _ in } }
        #expect(error?.message.contains("chmod go-w") == true)
    }

    @Test("A folder that was named tells what is wrong with it; of others only what is unsafe is news")
    func watch() async throws {
        var named = FolderWatch(path: "\(temporary.path)/later", isNamed: true)
        var found = FolderWatch(path: "\(temporary.path)/later", isNamed: false)
        #expect(await named.look()?.complaint == "folder '\(temporary.path)/later' does not exist yet")
        #expect(try #require(await found.look()).complaint == nil)
        mkdir("\(temporary.path)/later", 0o700)
        #expect(try #require(await named.look()).complaint == nil)
        chmod("\(temporary.path)/later", 0o777)
        #expect(await found.look()?.complaint?.contains("chmod go-w") == true)
        chmod("\(temporary.path)/later", 0o700)
        #expect(try #require(await found.look()).complaint == nil)
    }

    @Test("Where the kernel tells what changes, one looks seldom, and at once when a socket comes, changes or goes")
    func changes() async throws {
        let path = "\(temporary.path)/s"
        mkdir(path, 0o700)
        var watch = FolderWatch(path: path, isNamed: true, pause: .milliseconds(1))
        #expect(await watch.look()?.pause == FolderWatch.pauseWhereChangesAreTold)
        for change in [
            { close(creat("\(path)/a.sock", 0o600)) }, { chmod("\(path)/a.sock", 0o640) },
            { rename("\(path)/a.sock", "\(path)/b.sock") }, { unlink("\(path)/b.sock") },
        ] {
            _ = change()
            // Without a ring it would last longer than a test may.
            await watch.bell?.wait()
            _ = await watch.look()
        }
        // A folder that is made anew is watched from the next look on, though it may get the number of the one before.
        for _ in 1...3 {
            rmdir(path)
            mkdir(path, 0o700)
            for change in [{}, { close(creat("\(path)/a.sock", 0o600)) }, { _ = unlink("\(path)/a.sock") }] {
                change()
                await watch.bell?.wait()
                _ = await watch.look()
            }
        }
        rename(path, "\(temporary.path)/old")
        await watch.bell?.wait()
        #expect(await watch.look()?.pause == .milliseconds(1), "nothing is there to be told of")
        mkdir(path, 0o700)
        #expect(await watch.look()?.pause == FolderWatch.pauseWhereChangesAreTold)
        close(creat("\(path)/a.sock", 0o600))
        await watch.bell?.wait()
    }

    @Test("A socket that comes is found without waiting for the next look by the clock")
    func found() async throws {
        let feed = TargetsFeed(
            targets: [.folder(path: temporary.path)], client: "test/1", scanInterval: .seconds(3_600),
            tellsOfLeftovers: true)
        try await ObservationLog.run(feed) { log in
            try await log.phase("removed", of: temporary.path)
            let claim = try SocketClaim.take(service: "late", instance: "1", in: SocketFolder.open(temporary.path))
            try await log.phase("connecting", of: "late.1.sock")
            withExtendedLifetime(claim) {}
        }
    }

    @Test("A folder tells once what is wrong with it, and when it is right again")
    func once() async throws {
        let feed = TargetsFeed(
            targets: [.folder(path: "\(temporary.path)/later")], client: "test/1", scanInterval: .milliseconds(1))
        try await ObservationLog.run(feed) { log in
            try await log.phase("lost", of: "later")
            mkdir("\(temporary.path)/later", 0o700)
            try await log.phase("removed", of: "later")
            chmod("\(temporary.path)/later", 0o777)
            try await log.phase("lost", of: "later")
            let phases = log.seen.compactMap { if case .source(let phase) = $0.fact { phase } else { nil } }
            #expect(phases.count == 3)
        }
    }

    @Test(
        "A folder that is not for this user is no source, unless somebody named it; a failing disk takes no socket away"
    )
    func forbidden() async throws {
        let message = "cannot look into folder '/a': Permission denied"
        let forbidden = { @Sendable (_: String) throws(SocketError) -> FolderScan.Found in
            throw SocketError(.folderForbidden, message)
        }
        var found = FolderWatch(path: "/a", isNamed: false, scan: forbidden)
        var named = FolderWatch(path: "/a", isNamed: true, scan: forbidden)
        #expect(try #require(await found.look()).complaint == nil)
        #expect(await named.look()?.complaint == message)

        let isBroken = Shared(false)
        var failing = FolderWatch(path: "/a", isNamed: true) { path throws(SocketError) in
            if isBroken.value { throw SocketError(.system, "Input/output error") }
            return FolderScan.Found(places: [Place(path: "\(path)/s.1.sock", isNamed: false, file: nil)])
        }
        #expect(await failing.look()?.places.count == 1)
        isBroken.change { $0 = true }
        #expect(await failing.look()?.places.count == 1)
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
        reconnection.ended(liveFor: .seconds(5))
        #expect(reconnection.pause() == .seconds(5), "it did not last")
        reconnection.ended(liveFor: .milliseconds(5_001))
        #expect(reconnection.pause() == .milliseconds(100))
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

extension String {
    fileprivate var folder: String { String(prefix(upTo: lastIndex(of: "/") ?? startIndex)) }
}
