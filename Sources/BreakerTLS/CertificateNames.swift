// SPDX-License-Identifier: Apache-2.0

#if TLS
import NIOSSL

/// The names that a certificate is for.
enum CertificateNames {
    static let longest = 200
    static let most = 64

    /// The alternative names that are text (DNS, URI, email); the common name where there is no alternative one of any
    /// kind, since an authority that gives some need not have checked the other.
    ///
    /// A name that is too long or not printable is left out, never mended: a mended one could be somebody else's.
    static func names(of certificate: NIOSSLCertificate) -> [String] {
        let alternatives = certificate._subjectAlternativeNames()
        guard alternatives.isEmpty else {
            let names = alternatives.lazy.compactMap { name -> String? in
                switch name.nameType {
                case .dnsName, .uri, .email: printable(name.contents)
                default: nil
                }
            }
            return Array(names.prefix(most))
        }
        guard let der = try? certificate.toDERBytes() else { return [] }
        return commonName(inDER: der).flatMap { printable($0) }.map { [$0] } ?? []
    }

    /// The names and addresses of machines that it is for, to be read by people.
    static func machines(of certificate: NIOSSLCertificate) -> [String] {
        let names = certificate._subjectAlternativeNames().lazy.compactMap { name -> String? in
            switch name.nameType {
            case .dnsName: printable(name.contents)
            case .ipAddress: ServerName.text(ofAddress: Array(name.contents))
            default: nil
            }
        }
        return Array(names.prefix(most))
    }

    static func printable(_ bytes: some Collection<UInt8>) -> String? {
        guard 1...longest ~= bytes.count, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let isPrintable = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return isPrintable ? text : nil
    }

    /// The last, which is the most specific, common name of a certificate's subject, in UTF-8.
    static func commonName(inDER der: [UInt8]) -> ArraySlice<UInt8>? {
        var outer = DERReader(der[...])
        guard var certificate = outer.enter(.sequence), var body = certificate.enter(.sequence) else { return nil }
        _ = body.skip(.version)
        // The serial number, the signature's algorithm, the issuer and the validity stand before the subject.
        guard body.skip(.integer), body.skip(.sequence), body.skip(.sequence), body.skip(.sequence),
            var subject = body.enter(.sequence)
        else { return nil }
        var found: ArraySlice<UInt8>?
        while var part = subject.enter(.set) {
            while var attribute = part.enter(.sequence) {
                guard let type = attribute.read(.objectIdentifier), type.elementsEqual(commonNameType) else { continue }
                found = attribute.read(.utf8String) ?? attribute.read(.printableString) ?? attribute.read(.ia5String)
            }
        }
        return found
    }

    private static let commonNameType: [UInt8] = [0x55, 0x04, 0x03]
}

/// Reads the elements of DER bytes one after another. What does not fit is `nil` and leaves the reader where it is.
struct DERReader {
    enum Tag: UInt8 {
        case integer = 0x02
        case objectIdentifier = 0x06
        case utf8String = 0x0C
        case printableString = 0x13
        case ia5String = 0x16
        case sequence = 0x30
        case set = 0x31
        case version = 0xA0
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The content of the next element, when that has the tag.
    mutating func read(_ tag: Tag) -> ArraySlice<UInt8>? {
        guard rest.first == tag.rawValue else { return nil }
        let behindTag = rest.dropFirst()
        guard let first = behindTag.first else { return nil }
        var length = Int(first)
        var content = behindTag.dropFirst()
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            // Four bytes of a length are more than any certificate has.
            guard 1...4 ~= count, content.count >= count else { return nil }
            length = content.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            content = content.dropFirst(count)
        }
        guard content.count >= length else { return nil }
        rest = content.dropFirst(length)
        return content.prefix(length)
    }

    mutating func enter(_ tag: Tag) -> DERReader? { read(tag).map(DERReader.init) }

    mutating func skip(_ tag: Tag) -> Bool { read(tag) != nil }
}
#endif
