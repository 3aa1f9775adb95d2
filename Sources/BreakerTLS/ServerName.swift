// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import Glibc
import NIOSSL

/// The name or address that a server's certificate has to be for.
struct ServerName: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case name
        /// In network order, 4 or 16 bytes.
        case address([UInt8])
    }

    /// In lower case and without the root's dot.
    let description: String
    private let kind: Kind

    /// - Throws: ``SocketError`` when no certificate can be for it.
    init(parsing text: String) throws(SocketError) {
        if let address = Self.address(text) {
            description = text
            kind = .address(address)
            return
        }
        let name = (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
        guard 1...253 ~= name.utf8.count, name.utf8.allSatisfy(Self.isAllowed) else {
            throw SocketError(
                .system,
                "'\(text)' is no name that a certificate can be for: letters, digits, '-' and '.' (others as xn--…), or an IP address"
            )
        }
        description = name
        kind = .name
    }

    /// What the server is told that we look for; addresses are not.
    var indication: String? { kind == .name ? description : nil }

    /// Whether the certificate is for it, by its alternative names alone.
    ///
    /// The library checks too, but also takes a certificate for the address that was dialled where a name was asked for:
    /// whoever can forge an answer of the name server and has a certificate for any address would pass. And it falls back
    /// to the common name, which is not for names of machines.
    func isServed(by certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { name in
            switch (kind, name.nameType) {
            case (.name, .dnsName): Self.matches(description, pattern: Array(name.contents))
            case (.address(let address), .ipAddress): name.contents.elementsEqual(address)
            default: false
            }
        }
    }

    /// Whether a name in lower case is the one of a certificate, or is that with one label in the place of its `*`.
    static func matches(_ name: String, pattern: [UInt8]) -> Bool {
        guard pattern.allSatisfy({ isAllowed($0) || $0 == UInt8(ascii: "*") }) else { return false }
        let pattern = String(decoding: pattern, as: UTF8.self).lowercased()
        guard pattern.hasPrefix("*.") else { return !pattern.isEmpty && pattern == name }
        guard let dot = name.firstIndex(of: "."), dot > name.startIndex else { return false }
        return pattern.dropFirst() == name[dot...]
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    static func text(ofAddress bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let size = Int(INET6_ADDRSTRLEN)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, buffer.baseAddress, socklen_t(size))
                .map { String(cString: $0) }
        }
    }

    private static func address(_ text: String) -> [UInt8]? {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
        return nil
    }
}
#endif
