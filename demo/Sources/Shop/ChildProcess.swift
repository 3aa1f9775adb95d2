// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A process of the shop, with its standard input as its lifeline.
struct ChildProcess {
    let name: String
    let arguments: [String]
    let pid: pid_t
    private let lifeline: Int32

    /// Starts this same executable with other arguments.
    ///
    /// - Throws: A sentence when the system refuses.
    init(_ name: String, _ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildError("no pipe for \(name): errno \(errno)") }
        // No other process is started meanwhile, so none can inherit an end before it is marked.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        // What the supervisor ignores in order to hear it, its children are to hear from the start.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var heard = sigset_t()
        sigemptyset(&heard)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&heard, number) }
        posix_spawnattr_setsigdefault(&attributes, &heard)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var vector = (["shop"] + arguments).map { strdup($0) } + [nil]
        defer { for text in vector { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &vector, environ)
        guard error == 0 else {
            close(ends[1])
            throw ChildError("cannot start \(name): errno \(error)")
        }
        self.name = name
        self.arguments = arguments
        self.pid = pid
        lifeline = ends[1]
    }

    /// How it ended; `nil` while it runs. Ask no more after an answer.
    func ending() -> String? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        close(lifeline)
        let signal = status & 0x7F
        return signal == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(signal)"
    }

    func send(_ signal: Int32) { _ = kill(pid, signal) }
}

/// Why a process could not be started.
struct ChildError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
