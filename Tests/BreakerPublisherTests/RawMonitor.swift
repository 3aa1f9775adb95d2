// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A raw connection, without any machinery that could leak by itself.
struct RawMonitor {
    private let socket: CInt

    init?(_ path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        self.init(AF_UNIX) { Self.call(connect, $0, address) }
    }

    /// - Parameter host: the last number of the address to connect from. Thousands of connections need several: the kernel
    ///   keeps the port of each for a minute after its end.
    init?(port: Int, from host: Int = 1) {
        self.init(AF_INET) { socket in
            Self.call(bind, socket, Self.address(host: host, port: 0))
                && Self.call(connect, socket, Self.address(host: 1, port: port))
        }
    }

    private init?(_ family: CInt, _ connect: (CInt) -> Bool) {
        socket = Glibc.socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        guard connect(socket) else {
            close()
            return nil
        }
    }

    private static func address(host: Int, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = (in_addr_t(INADDR_LOOPBACK) - 1 + in_addr_t(host)).bigEndian
        return address
    }

    private static func call<Address>(
        _ function: (CInt, UnsafePointer<sockaddr>?, socklen_t) -> CInt, _ socket: CInt, _ address: Address
    ) -> Bool {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(socket, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }

    func send(_ text: String) {
        _ = text.withCString { Glibc.send(socket, $0, strlen($0), CInt(MSG_NOSIGNAL)) }
    }

    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    /// Reads until a word came, wherever it was cut.
    func read(until word: String) throws {
        var heard = ""
        while !heard.contains(word) {
            let next = receive()
            guard !next.isEmpty else { throw Monitor.Ended() }
            heard = heard.suffix(word.count) + next
        }
    }

    /// Whether the other side has closed it; what it said is lost.
    var isClosed: Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(socket, &buffer, buffer.count, CInt(MSG_DONTWAIT))
            if count <= 0 { return count == 0 || errno != EAGAIN }
        }
    }

    func close() { Glibc.close(socket) }
}
