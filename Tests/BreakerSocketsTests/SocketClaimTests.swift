// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import BreakerSockets

@Suite("Socket claims")
struct SocketClaimTests {
    private let temporary: TemporaryFolder
    private let folder: SocketFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = try SocketFolder.open(temporary.path)
    }

    @Test("A socket's path tells whose it may be, however many dots there are in the names")
    func readings() {
        func readings(_ path: String) -> [String] {
            SocketName.readings(ofPath: path).map { "\($0.service)|\($0.instance)" }
        }
        #expect(readings("unix:/run/a.b/orders.1.sock") == ["orders|1"])
        #expect(readings("orders.eu.2.sock") == ["orders|eu.2", "orders.eu|2", "orders|eu"])
        #expect(readings("a%2Fb.-.sock") == ["a/b|"])
        for odd in ["x.sock", "orders.1", "", ".sock", "%"] { #expect(readings(odd).isEmpty) }
        #expect(readings("a%.%zz.sock") == ["a%|%zz"])
        for (service, instance) in [("orders", "orders-1"), ("a.b", "c.3"), ("ö/ä", ""), (".x", "%41")] {
            for claim in [1, 2, 16] {
                let stem = SocketName.stem(service: service, instance: instance, claim: claim)
                #expect(readings("/\(stem).sock").contains("\(service)|\(instance)"))
            }
        }
    }

    private func take(_ service: String = "orders", _ instance: String = "1") throws -> SocketClaim {
        try SocketClaim.take(service: service, instance: instance, in: folder)
    }

    /// Leaves a socket behind as a killed process does: bound, nobody listening, its lock file not locked.
    private func leaveBehind(_ stem: String) {
        let socket = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(temporary.path)/\(stem).sock".utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(result == 0)
        close(socket)
        close(creat("\(temporary.path)/\(stem).lock", 0o600))
    }

    @Test("A claim has a socket of mode 0600 and a lock, and leaves nothing behind")
    func lifetime() throws {
        let claim = try take()
        #expect(claim.path == "\(temporary.path)/orders.1.sock")
        var status = stat()
        #expect(lstat(claim.path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(temporary.exists("orders.1.lock"))
        claim.release()
        claim.release()
        #expect(!temporary.exists("orders.1.sock") && !temporary.exists("orders.1.lock"))
    }

    @Test("A live socket is never stolen: the next publisher of the name takes the next suffix")
    func liveIsKept() throws {
        let first = try take()
        var before = stat()
        #expect(lstat(first.path, &before) == 0)
        let second = try take()
        #expect(second.path == "\(temporary.path)/orders.1.2.sock")
        var after = stat()
        #expect(lstat(first.path, &after) == 0)
        #expect(before.st_ino == after.st_ino)
        first.release()
        #expect(try take().path == first.path)
        withExtendedLifetime(second) {}
    }

    @Test("The seventeenth live publisher of a name is refused in words")
    func nameTaken() throws {
        let claims = try (1...16).map { _ in try take() }
        #expect(Set(claims.map(\.path)).count == 16)
        let error = try #require(throws: SocketError.self) { try take() }
        #expect(error.code == .nameTaken)
        #expect(error.message.contains("orders/1"))
        withExtendedLifetime(claims) {}
    }

    @Test("A dead process's socket is taken over")
    func staleIsReplaced() throws {
        leaveBehind("orders.1")
        let claim = try take()
        #expect(claim.path == "\(temporary.path)/orders.1.sock")
        withExtendedLifetime(claim) {}
    }

    @Test("Dead processes' further sockets of the name go as well, live ones stay")
    func furtherLeftovers() throws {
        let living = [try take(), try take(), try take()]
        leaveBehind("orders.1.4")
        living[0].release()
        let claim = try take()
        #expect(claim.path == "\(temporary.path)/orders.1.sock")
        for name in ["orders.1.2", "orders.1.3"] { #expect(temporary.exists("\(name).sock")) }
        for name in ["orders.1.4.sock", "orders.1.4.lock"] { #expect(!temporary.exists(name)) }
        withExtendedLifetime((living, claim)) {}
    }

    @Test("A file that is no socket is never removed")
    func notASocket() throws {
        close(creat("\(temporary.path)/orders.1.sock", 0o600))
        let error = try #require(throws: SocketError.self) { try take() }
        #expect(error.code == .notASocket)
        #expect(error.message.contains("orders.1.sock"))
        #expect(temporary.exists("orders.1.sock"))
    }

    @Test("A link in the lock's place is refused")
    func lockIsALink() throws {
        symlink("/etc/passwd", "\(temporary.path)/orders.1.lock")
        #expect(throws: SocketError.self) { try take() }
    }

    @Test("A path that does not fit is refused with its length")
    func tooLong() throws {
        let error = try #require(throws: SocketError.self) { try take(String(repeating: "s", count: 200)) }
        #expect(error.code == .pathTooLong)
        let path = "\(temporary.path)/\(String(repeating: "s", count: 200)).1.sock"
        #expect(error.message.contains(path) && error.message.contains("\(path.utf8.count) bytes"))
    }

    @Test("The longest path that fits is bound whole")
    func longest() throws {
        let room = Endpoint.maximumPathLength - "\(temporary.path)/.1.sock".utf8.count
        let claim = try take(String(repeating: "s", count: room))
        #expect(claim.path.utf8.count == 107)
        #expect(access(claim.path, F_OK) == 0)
    }

    @Test(
        "Names are encoded so that they stay in the folder and in sight",
        arguments: [
            ("orders", "orders"), ("a/b", "a%2Fb"), ("..", "%2E."), (".hidden", "%2Ehidden"), ("", "-"),
            ("a b\n", "a%20b%0A"), ("é", "%C3%A9"), ("v1.2-x_y", "v1.2-x_y"), ("%41", "%2541"),
        ]
    )
    func encoding(name: String, expected: String) {
        #expect(SocketName.encode(name) == expected)
    }

    @Test("Whoever replaced the socket's file keeps his")
    func replacedByHand() throws {
        let claim = try take()
        unlink(claim.path)
        close(creat(claim.path, 0o600))
        claim.release()
        #expect(temporary.exists("orders.1.sock"))
    }

    @Test("A lock file that its last holder removes while we open it is not mistaken for the name's")
    func lockRemovedMeanwhile() throws {
        let path = "\(temporary.path)/orders.1.lock"
        var rounds = 0
        let first = try SocketClaim.takeLock(path) {
            rounds += 1
            if rounds <= 2 { unlink(path) }
        }
        #expect(rounds == 3)
        #expect(first != nil)
        #expect(try SocketClaim.takeLock(path) == nil)
        if let first { close(first) }
    }

    @Test("Of many who take and release at once, no two ever hold one path", .timeLimit(.minutes(1)))
    func noTwoHolders() async throws {
        let holders = Shared<[String: Int]>([:])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask {
                    for _ in 1...300 {
                        let claim = try take()
                        let count = holders.change { holders in
                            holders[claim.path, default: 0] += 1
                            return holders[claim.path]
                        }
                        #expect(count == 1)
                        #expect(access(claim.path, F_OK) == 0)
                        await Task.yield()
                        holders.change { $0[claim.path, default: 0] -= 1 }
                        claim.release()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
