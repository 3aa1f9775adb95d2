// SPDX-License-Identifier: Apache-2.0

/// The file names of a metrics socket and its lock.
enum SocketName {
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

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
