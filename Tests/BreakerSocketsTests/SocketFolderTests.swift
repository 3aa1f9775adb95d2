// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc
import TestSupport
import Testing

@Suite("Socket folders")
struct SocketFolderTests {
    @Test("A folder that only its owner may write to is taken", arguments: [0o700, 0o750, 0o755] as [mode_t])
    func safe(mode: mode_t) throws {
        let temporary = try TemporaryFolder()
        chmod(temporary.path, mode)
        #expect(try SocketFolder.open(temporary.path).path == temporary.path)
    }

    @Test("A folder that others may write to is refused", arguments: [0o770, 0o702, 0o777, 0o1777] as [mode_t])
    func writableByOthers(mode: mode_t) throws {
        let temporary = try TemporaryFolder()
        chmod(temporary.path, mode)
        let error = try #require(throws: SocketError.self) { try SocketFolder.open(temporary.path) }
        #expect(error.code == .folderUnsafe)
        // A folder that is meant for everybody, as /tmp is, must not be "mended".
        let hint = mode & S_ISVTX == 0 ? "chmod go-w" : "mkdir -m 700"
        for word in [temporary.path, "uid \(geteuid())", String(mode, radix: 8), hint] {
            #expect(error.message.contains(word))
        }
        #expect(error.message.contains("chmod") == (mode & S_ISVTX == 0))
    }

    @Test("A folder of another user is refused")
    func foreign() throws {
        let temporary = try TemporaryFolder()
        guard geteuid() == 0 else { return }
        chown(temporary.path, 54_321, 54_321)
        let error = try #require(throws: SocketError.self) { try SocketFolder.open(temporary.path, user: 12_345) }
        #expect(error.code == .folderUnsafe)
        #expect(error.message.contains("54321") && error.message.contains("12345"))
        #expect(throws: Never.self) { try SocketFolder.open(temporary.path, user: 54_321) }
    }

    @Test("A symbolic link is refused, also with a slash behind it", arguments: ["", "/", "//"])
    func link(ending: String) throws {
        let temporary = try TemporaryFolder()
        mkdir("\(temporary.path)/real", 0o700)
        symlink("\(temporary.path)/real", "\(temporary.path)/link")
        let error = try #require(throws: SocketError.self) { try SocketFolder.open("\(temporary.path)/link\(ending)") }
        #expect(error.code == .folderUnsafe)
        #expect(error.message.contains("symbolic link"))
        #expect(throws: SocketError.self) { try SocketFolder.create("\(temporary.path)/link\(ending)") }
    }

    @Test("A missing folder, a file and a name with NUL are told apart")
    func others() throws {
        let temporary = try TemporaryFolder()
        close(creat("\(temporary.path)/file", 0o600))
        let codes = ["missing", "file", "file/below", "a\0b"].map { name in
            #expect(throws: SocketError.self) { try SocketFolder.open("\(temporary.path)/\(name)") }?.code
        }
        #expect(codes == [.folderMissing, .folderUnsafe, .folderMissing, .folderMissing])
    }

    @Test("A created folder is its owner's alone")
    func created() throws {
        let temporary = try TemporaryFolder()
        let folder = try SocketFolder.create("\(temporary.path)/new/")
        var status = stat()
        #expect(lstat(folder.path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700)
        #expect(try SocketFolder.create(folder.path) == folder)
    }

    @Test("The search order is the environment's choice, the system's, the session's, the user's")
    func searchOrder() {
        let all = ["BREAKERTOP_DIR": "/a", "XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(
            SocketFolder.searchOrder(environment: { all[$0] }, user: 7)
                == ["/a", "/run/breakertop", "/run/user/7/breakertop", "/tmp/breakertop-7"])
        #expect(
            SocketFolder.searchOrder(environment: { _ in "" }, user: 0) == ["/run/breakertop", "/tmp/breakertop-0"])
    }

    @Test("A publisher takes the chosen folder at its word")
    func chosenForPublishing() throws {
        let temporary = try TemporaryFolder()
        let chosen = "\(temporary.path)/chosen"
        let environment = { (name: String) in name == "BREAKERTOP_DIR" ? chosen : nil }
        #expect(try SocketFolder.forPublishing(environment: environment).path == chosen)
        chmod(chosen, 0o777)
        #expect(throws: SocketError.self) { try SocketFolder.forPublishing(environment: environment) }
    }

    @Test("A publisher uses the system's folder where it is, and never makes it")
    func systemForPublishing() throws {
        let temporary = try TemporaryFolder()
        let system = "\(temporary.path)/system"
        let environment = { (name: String) in name == "XDG_RUNTIME_DIR" ? temporary.path : nil }
        let own = try SocketFolder.forPublishing(environment: environment, system: system)
        #expect(own.path == "\(temporary.path)/breakertop")
        #expect(!temporary.exists("system"))
        mkdir(system, 0o755)
        #expect(try SocketFolder.forPublishing(environment: environment, system: system).path == system)
        chmod(system, 0o777)
        #expect(throws: SocketError.self) { try SocketFolder.forPublishing(environment: environment, system: system) }
    }

    @Test("A folder that is not for this user is told from one that is not there")
    func forbidden() {
        #expect(SocketFolder.unusable("/a", because: EACCES).code == .folderForbidden)
        #expect(SocketFolder.unusable("/a", because: ENOENT).code == .folderMissing)
        #expect(SocketFolder.unusable("/a", because: EIO).code == .system)
        #expect(SocketFolder.unusable("/a", because: EACCES).message.contains("'/a'"))
    }
}
