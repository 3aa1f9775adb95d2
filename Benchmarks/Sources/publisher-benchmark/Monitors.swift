// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// The monitors, in a process of their own, so that their work is not counted: they read what comes and look at none of it.
struct Monitors {
    /// What each of them asks for, such as 250 ms.
    private let intervals: [Int]
    private let path: String

    /// - Parameter arguments: the socket's path, and an interval for each monitor.
    init(_ arguments: some Collection<String>) {
        path = arguments.first ?? ""
        intervals = arguments.dropFirst().compactMap { Int($0) }
    }

    /// Subscribes all, says `ready` on standard output when all have the whole picture, and reads until it is ended.
    func run() {
        var waiting = intervals.map { interval in
            let socket = connect()
            send(socket, #"{"type":"subscribe","client":"benchmark","interval_ms":\#(interval)}"# + "\n")
            return pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        }
        // With the end of what came before: the word may be cut in two.
        var unready = Dictionary(uniqueKeysWithValues: waiting.map { ($0.fd, Data()) })
        let ready = Data(#"{"type":"ready"}"#.utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
        while poll(&waiting, nfds_t(waiting.count), -1) > 0 {
            for item in waiting where item.revents != 0 {
                let count = recv(item.fd, buffer.baseAddress, buffer.count, 0)
                guard count > 0 else { fail("the service closed a connection") }
                guard let earlier = unready[item.fd] else { continue }
                let text = earlier + Data(buffer[..<count])
                unready[item.fd] = text.range(of: ready) == nil ? text.suffix(ready.count) : nil
                if unready.isEmpty { say("ready") }
            }
        }
    }

    /// Subscribes all and reads nothing, ever.
    func stall() {
        for interval in intervals {
            send(connect(), #"{"type":"subscribe","client":"benchmark","interval_ms":\#(interval)}"# + "\n")
        }
        say("ready")
        while true { pause() }
    }

    private func connect() -> CInt {
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { fail("cannot connect to \(path)") }
        return socket
    }

    private func send(_ socket: CInt, _ text: String) {
        _ = text.withCString { Glibc.send(socket, $0, strlen($0), 0) }
    }

    private func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    private func fail(_ problem: String) -> Never {
        print(problem)
        exit(1)
    }
}
