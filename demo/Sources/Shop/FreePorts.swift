// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Looks for ports that nobody listens on.
enum FreePorts {
    /// The first of so many free ports in a row on 127.0.0.1, below those that the system gives to clients; `nil` after
    /// 100 tries.
    static func find(count: Int) -> UInt16? {
        for _ in 1...100 {
            let base = UInt16.random(in: 20_000...32_000)
            if (0..<count).allSatisfy({ isFree(base + UInt16($0)) }) { return base }
        }
        return nil
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
