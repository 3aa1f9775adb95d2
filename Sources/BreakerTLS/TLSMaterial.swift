// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import NIOSSL

/// What the files of a side hold, once it is known to be usable.
struct TLSMaterial {
    /// `nil` where no file of authorities was given.
    let authorities: [NIOSSLCertificate]?
    /// This side's certificate and those above it; empty where it has none.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey?

    /// - Throws: ``SocketError`` that names the file and says what to do.
    init(reading files: TLSFiles) throws(SocketError) {
        guard (files.certificate == nil) == (files.key == nil) else {
            throw SocketError(
                .system,
                "a certificate needs its key and a key its certificate: only '\(files.certificate ?? files.key ?? "")' is given"
            )
        }
        authorities = try files.authorities.map(Self.authorities)
        chain = try files.certificate.map(Self.chain) ?? []
        key = try files.key.map(Self.key)
    }

    private static func authorities(path: String) throws(SocketError) -> [NIOSSLCertificate] {
        try certificates(in: PEMFile(kind: .authorities, path: path))
    }

    private static func chain(path: String) throws(SocketError) -> [NIOSSLCertificate] {
        try certificates(in: PEMFile(kind: .certificate, path: path))
    }

    private static func certificates(in file: PEMFile) throws(SocketError) -> [NIOSSLCertificate] {
        let bytes = try file.read()
        guard !bytes.isEmpty, let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty
        else {
            throw SocketError(.system, "the \(file.name) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        }
        return certificates
    }

    private static func key(path: String) throws(SocketError) -> NIOSSLPrivateKey {
        let file = PEMFile(kind: .key, path: path)
        let bytes = try file.read()
        // Before anybody parses it: for an encrypted key the library asks at the terminal.
        guard !bytes.contains("ENCRYPTED") else {
            throw SocketError(.system, "the \(file.name) is encrypted: decrypt it (openssl pkey) and keep it private")
        }
        guard !bytes.isEmpty, let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw SocketError(.system, "the \(file.name) holds no private key in PEM (-----BEGIN PRIVATE KEY-----)")
        }
        return key
    }
}

extension [UInt8] {
    fileprivate func contains(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard count >= word.count else { return false }
            return (0...(count - word.count)).contains { self[$0..<($0 + word.count)].elementsEqual(word) }
        }
    }
}
#endif
