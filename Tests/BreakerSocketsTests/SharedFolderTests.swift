// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import BreakerSockets

/// A folder of services of several users, and sockets for a group. Only root can set the scene.
@Suite("Shared folders and groups", .enabled(if: geteuid() == 0))
struct SharedFolderTests {
    private let temporary: TemporaryFolder
    private let stranger: uid_t = 54_321
    private let group = SystemGroup(name: "daemon", id: 1)

    init() throws { temporary = try TemporaryFolder() }

    private func folder(owner: uid_t = 0, mode: mode_t) -> String {
        let path = "\(temporary.path)/shared"
        mkdir(path, 0o700)
        chown(path, owner, group.id)
        chmod(path, mode)
        return path
    }

    private func status(_ path: String) -> stat {
        var status = stat()
        lstat(path, &status)
        return status
    }

    /// Leaves a file of somebody else's.
    private func leave(_ path: String, owner: uid_t) {
        close(creat(path, 0o666))
        chmod(path, 0o666)
        chown(path, owner, owner)
    }

    @Test("Root's sticky folder that a group may write to is shared", arguments: [0o1770, 0o3770, 0o3775] as [mode_t])
    func shared(mode: mode_t) throws {
        #expect(try SocketFolder.open(folder(mode: mode), user: stranger).isShared)
    }

    @Test(
        "Not so one that is not sticky, not root's, or that everybody may write to",
        arguments: [(0, 0o770), (0, 0o2770), (0, 0o1772), (0, 0o1777), (54_321, 0o1770)] as [(uid_t, mode_t)])
    func unsafe(owner: uid_t, mode: mode_t) throws {
        let path = folder(owner: owner, mode: mode)
        #expect(throws: SocketError.self) { try SocketFolder.open(path, user: stranger) }
    }

    @Test("A lock or a socket of another user in a shared folder is left alone: the next name is taken")
    func foreign() throws {
        let path = folder(mode: 0o1770)
        leave("\(path)/orders.1.lock", owner: stranger)
        leave("\(path)/orders.1.2.sock", owner: stranger)
        let claim = try SocketClaim.take(service: "orders", instance: "1", in: SocketFolder.open(path))
        #expect(claim.path == "\(path)/orders.1.3.sock")
        #expect(access("\(path)/orders.1.2.lock", F_OK) != 0)
        #expect(status("\(path)/orders.1.2.sock").st_uid == stranger)
        claim.release()
        #expect(access("\(path)/orders.1.lock", F_OK) == 0)
    }

    @Test("In a folder of one's own a lock of another user is refused in words, and left alone")
    func strangersLock() throws {
        leave("\(temporary.path)/orders.1.lock", owner: stranger)
        let folder = try SocketFolder.open(temporary.path)
        #expect(!folder.isShared)
        let error = try #require(throws: SocketError.self) {
            try SocketClaim.take(service: "orders", instance: "1", in: folder)
        }
        #expect(error.message.contains("orders.1.lock' belongs to user \(stranger), not to user 0; remove it"))
        #expect(access("\(temporary.path)/orders.1.lock", F_OK) == 0)
        #expect(!temporary.exists("orders.1.sock"))
    }

    @Test("A lock that becomes another user's after its name was looked at is not taken either")
    func strangersLockMeanwhile() throws {
        let path = "\(folder(mode: 0o1770))/orders.1.lock"
        let lock = try SocketClaim.takeLock(path, inShared: true) { chown(path, stranger, stranger) }
        #expect(lock == nil)
    }

    @Test("A group's socket has its group and mode 0660; without a group it is the owner's alone")
    func groupMode() throws {
        let folder = try SocketFolder.open(temporary.path)
        let claim = try SocketClaim.take(service: "orders", instance: "1", in: folder, for: group)
        #expect(status(claim.path).st_mode & 0o7777 == 0o660)
        #expect(status(claim.path).st_gid == group.id)
        #expect(status(claim.path.replacing(".sock", with: ".lock")).st_mode & 0o7777 == 0o600)
        let own = try SocketClaim.take(service: "orders", instance: "1", in: folder)
        #expect(status(own.path).st_mode & 0o7777 == 0o600)
    }

    @Test("A folder that is made for a group lets it in, but not write; one that lets nobody in is refused in words")
    func folderOfGroup() throws {
        let path = "\(temporary.path)/made"
        let made = try SocketFolder.create(path, for: group)
        #expect(status(made.path).st_mode & 0o7777 == 0o750)
        #expect(status(made.path).st_gid == group.id)
        chmod(path, 0o700)
        let error = try #require(throws: SocketError.self) { try SocketFolder.create(path, for: group) }
        #expect(error.message.contains("group daemon") && error.message.contains("chmod g+x '\(path)'"))
        chmod(path, 0o711)
        #expect(throws: Never.self) { try SocketFolder.create(path, for: group) }
    }

    @Test("A group is found by its name, and a missing one is an error with the name")
    func names() throws {
        #expect(try SystemGroup.named("daemon") == group)
        let error = #expect(throws: SocketError.self) { try SystemGroup.named("no such group") }
        #expect(error?.message.contains("'no such group'") == true)
    }
}
