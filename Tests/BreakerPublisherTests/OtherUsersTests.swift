// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Dispatch
import Glibc
import TestSupport
import Testing

/// Monitors of another user, as the kernel sees them. Only root can be somebody else.
@Suite("Monitors of other users", .enabled(if: geteuid() == 0), .timeLimit(.minutes(1)))
struct OtherUsersTests {
    /// The group `daemon`, which every system has.
    private static let daemon: UInt32 = 1

    /// The role that a process of user 54321 is given, or the error's name when it cannot connect.
    private static func role(at socket: String, group: UInt32 = 54_321, groups: [UInt32]) async -> String {
        let script = """
            import json, os, socket, sys
            os.setgroups([\(groups.map { "\($0)" }.joined(separator: ","))])
            os.setgid(\(group))
            os.setuid(54321)
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect("\(socket)")
            except OSError as error:
                os.write(answer, type(error).__name__.encode())
                sys.exit()
            connection.sendall(b'{"type":"subscribe","client":"test","interval_ms":1000}\\n')
            for line in connection.makefile():
                message = json.loads(line)
                if message["type"] == "subscribed":
                    os.write(answer, message["role"].encode())
                    break
            """
        guard let temporary = try? TemporaryFolder() else { return "no folder for the script" }
        let (file, answer) = ("\(temporary.path)/script.py", "\(temporary.path)/answer")
        let code = "import os\nanswer = os.open('\(answer)', os.O_WRONLY | os.O_CREAT)\n" + script
        TextFile.write(code, to: file)
        // On a thread that may block.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                _ = system("/usr/bin/python3 '\(file)'")
                continuation.resume()
            }
        }
        return TextFile.read(answer)
    }

    private enum TextFile {
        static func write(_ text: String, to path: String) {
            guard let file = fopen(path, "w") else { return }
            fputs(text, file)
            fclose(file)
        }

        static func read(_ path: String) -> String {
            guard let file = fopen(path, "r") else { return "" }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = fread(&buffer, 1, buffer.count, file)
            return String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    private func run(
        group: String?, operators: Publisher.Operators = .init(), _ body: (String) async throws -> Void
    ) async throws {
        let temporary = try TemporaryFolder()
        chmod(temporary.path, 0o711)
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.listeners = [.unix(folder: "\(temporary.path)/made", group: group)]
            $0.operators = operators
        } _: { service in
            try await service.logged("publishing circuits")
            if group == nil { chmod("\(temporary.path)/made", 0o711) }
            try await body("\(temporary.path)/made/orders.1.sock")
        }
    }

    @Test("Without a group nobody else can connect")
    func none() async throws {
        try await run(group: nil) { socket in
            #expect(await Self.role(at: socket, groups: [Self.daemon]) == "PermissionError")
        }
    }

    @Test("The named group's members observe, by whichever of their groups; others cannot connect")
    func observe() async throws {
        try await run(group: "daemon") { socket in
            #expect(await Self.role(at: socket, groups: [Self.daemon]) == "observer")
            #expect(await Self.role(at: socket, group: Self.daemon, groups: []) == "observer")
            #expect(await Self.role(at: socket, groups: [2, 3]) == "PermissionError")
        }
    }

    @Test("A group on the list operates, the primary one and the others")
    func operate() async throws {
        let operators = Publisher.Operators(users: [], groups: [7])
        try await run(group: "daemon", operators: operators) { socket in
            let many = Array(1_000...1_099) + [Self.daemon]
            #expect(await Self.role(at: socket, groups: many) == "observer")
            #expect(await Self.role(at: socket, groups: many + [7]) == "operator")
            #expect(await Self.role(at: socket, group: 7, groups: [Self.daemon]) == "operator")
        }
    }
}
