// SPDX-License-Identifier: Apache-2.0

/// The file names of a metrics socket and its lock.
package enum SocketName {
    /// The most publishers of one service and instance in one folder.
    static let maximumClaims = 16

    /// `<service>.<instance>`, then `.2` and so on for further publishers of the same name, without an extension.
    static func stem(service: String, instance: String, claim: Int) -> String {
        let base = "\(encode(service)).\(encode(instance))"
        return claim == 1 ? base : "\(base).\(claim)"
    }

    /// Percent-encodes what has a meaning in paths, shells or terminals. A leading dot is encoded as well: it would
    /// hide the file.
    static func encode(_ text: String) -> String {
        guard !text.isEmpty else { return "-" }
        var encoded = ""
        for (index, byte) in text.utf8.enumerated() {
            if isSafe(byte), !(index == 0 && byte == UInt8(ascii: ".")) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }

    /// The services and instances that a socket's path may stand for: both may have dots in their names. None where it is
    /// named otherwise.
    package static func readings(ofPath path: String) -> [(service: String, instance: String)] {
        let file = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
        guard file.hasSuffix(".sock") else { return [] }
        let parts = file.dropLast(".sock".count).split(separator: ".", omittingEmptySubsequences: false)
        let claim = parts.last.flatMap { Int($0) }
        let isNumbered = parts.count > 2 && (claim.map { (2...maximumClaims).contains($0) } ?? false)
        let stems = isNumbered ? [parts[...], parts.dropLast()] : [parts[...]]
        return stems.flatMap { parts in
            parts.indices.dropFirst().map { index in
                (decode(parts[..<index].joined(separator: ".")), decode(parts[index...].joined(separator: ".")))
            }
        }
    }

    private static func decode(_ text: String) -> String {
        guard text != "-" else { return "" }
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let character = rest.first {
            let digits = rest.dropFirst().prefix(2)
            if character == "%", digits.count == 2, let byte = UInt8(digits, radix: 16) {
                bytes.append(byte)
                rest = rest.dropFirst(3)
            } else {
                bytes += Array(String(character).utf8)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
