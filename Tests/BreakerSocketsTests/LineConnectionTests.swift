// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc
import TestSupport
import Testing

@Suite("Line connections", .timeLimit(.minutes(1)))
struct LineConnectionTests {
    private let temporary: TemporaryFolder
    private let claim: SocketClaim

    init() throws {
        temporary = try TemporaryFolder()
        claim = try SocketClaim.take(service: "s", instance: "1", in: SocketFolder.open(temporary.path))
    }

    /// Serves one connection with one body, connects with the other, and gives what that returns.
    private func converse<Result: Sendable>(
        server: @escaping @Sendable (LineConnection) async throws -> Void,
        client: (LineConnection) async throws -> Result
    ) async throws -> Result {
        let claim = claim
        return try await withListener(on: .claim(claim)) { listener in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await incoming in listener {
                        try? await incoming.run(server)
                    }
                }
                defer { group.cancelAll() }
                return try await withConnection(to: .unix(path: claim.path), client)
            }
        }
    }

    @Test("Lines go both ways, and each side knows the other by the kernel's word")
    func echo() async throws {
        let answer = try await converse { connection in
            for try await case .line(let line) in connection.lines {
                let peer = credentials(of: connection).map { "\($0.uid) \($0.gid) \($0.pid)" } ?? "nobody"
                try await connection.send(line + Array(" \(peer)\n".utf8))
            }
        } client: { connection in
            #expect(credentials(of: connection)?.uid == geteuid())
            try await connection.send(Array("hel".utf8))
            try await connection.send(Array("lo\n".utf8))
            var lines = connection.lines.makeAsyncIterator()
            return try await lines.next()
        }
        #expect(answer == .line(Array("hello \(geteuid()) \(getegid()) \(getpid())".utf8)))
    }

    @Test("A sender is held by a peer that does not read, and gives up in time")
    func backpressure() async throws {
        let done = Doorbell()
        try await converse { connection in
            await done.wait()
            _ = connection
        } client: { connection in
            let megabyte = Array(repeating: UInt8(ascii: "\n"), count: 1 << 20)
            let error = await #expect(throws: SocketError.self) {
                while true { try await connection.send(megabyte, timeout: .milliseconds(50)) }
            }
            #expect(error?.code == .timedOut)
            done.ring()
        }
    }

    @Test("A close in the middle of a line ends the lines without that one")
    func abruptClose() async throws {
        let heard = Shared<[InboundLine]>([])
        let done = Doorbell()
        try await converse { connection in
            for try await line in connection.lines { heard.change { $0.append(line) } }
            done.ring()
        } client: { connection in
            try await connection.send(Array("whole\nhal".utf8))
            connection.close()
            await done.wait()
        }
        #expect(heard.value == [.line(Array("whole".utf8))])
    }

    @Test("Sending over a closed connection is an error, not a trap")
    func sendAfterClose() async throws {
        try await converse { connection in
            for try await _ in connection.lines { return }
        } client: { connection in
            try await connection.send([0x0A])
            for try await _ in connection.lines {}
            let error = await #expect(throws: SocketError.self) { try await connection.send([0x0A]) }
            #expect(error?.code == .closed)
        }
    }

    @Test("Nobody can connect before the listener listens, nor after it has ended")
    func refused() async throws {
        let path = claim.path
        for _ in 1...2 {
            let error = await #expect(throws: SocketError.self) {
                try await withConnection(to: .unix(path: path)) { _ in }
            }
            #expect(error?.code == .refused)
            if temporary.exists("s.1.sock") { try await withListener(on: .claim(claim)) { _ in claim.removeSocket() } }
        }
    }

    @Test("A connection that nobody took is closed with its listener")
    func notTaken() async throws {
        let claim = claim
        let connected = Doorbell()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withListener(on: .claim(claim)) { _ in await connected.wait() }
            }
            group.addTask {
                // The listener may not have begun yet.
                while true {
                    do {
                        try await withConnection(to: .unix(path: claim.path)) { connection in
                            connected.ring()
                            do { for try await _ in connection.lines {} } catch {}
                        }
                        return
                    } catch let error as SocketError where error.code == .refused {
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A path that does not fit is an error with words")
    func pathTooLong() async {
        let error = await #expect(throws: SocketError.self) {
            try await withConnection(to: .unix(path: "/tmp/" + String(repeating: "x", count: 200))) { _ in }
        }
        #expect(error?.code == .pathTooLong)
    }
}

private func credentials(of connection: LineConnection) -> PeerCredentials? {
    if case .user(let credentials) = connection.peer { credentials } else { nil }
}
