// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What matters of an address that is written as a text.
enum IPAddress {
    /// Whether a text is an address, not a name.
    static func isLiteral(_ text: String) -> Bool { bytes(text) != nil }

    /// Whether an address is this machine's own, out of reach of the network: 127.0.0.0/8, ::1, also as ::ffff:127.0.0.1.
    static func isLoopback(_ text: String) -> Bool {
        guard let bytes = bytes(text) else { return false }
        guard bytes.count == 16 else { return bytes.first == 127 }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var address = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &address) == 1 { return Array(address.prefix(4)) }
        // A zone such as “%eth0” says nothing about where the address is.
        let withoutZone = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
        return inet_pton(AF_INET6, withoutZone, &address) == 1 ? address : nil
    }
}
