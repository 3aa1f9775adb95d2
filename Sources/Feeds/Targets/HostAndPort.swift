// SPDX-License-Identifier: Apache-2.0

/// A port of a host.
package struct HostAndPort: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, an IPv6 one without brackets.
    package var host: String
    /// 1 to 65,535.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension HostAndPort {
    /// Reads `HOST:PORT` or `[ADDRESS]:PORT`.
    package init(parsing text: String) throws(TargetError) {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
            throw TargetError("“\(text.shown)” has no port; write HOST:PORT, an IPv6 address as [ADDRESS]:PORT")
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else {
            throw TargetError("“\(String(digits).shown)” in “\(text.shown)” is no port; it must be 1 to 65535")
        }
        self.init(host: try Self.host(String(text[..<colon]), of: text), port: port)
    }

    private static func host(_ host: String, of text: String) throws(TargetError) -> String {
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = String(host.dropFirst().dropLast())
            guard address.contains(":"), IPAddress.isLiteral(address) else {
                throw TargetError("“\(address.shown)” in “\(text.shown)” is no IPv6 address")
            }
            return address
        }
        guard !host.contains(":") else {
            throw TargetError("“\(text.shown)” has several colons; write an IPv6 address as [ADDRESS]:PORT")
        }
        guard host.utf8.count <= 253, host.utf8.allSatisfy(isNameByte) else {
            throw TargetError("“\(host.shown)” in “\(text.shown)” is neither a host's name nor an address")
        }
        return host
    }

    /// Whether a byte may stand in a host's or a service's name.
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
