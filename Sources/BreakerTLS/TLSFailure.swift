// SPDX-License-Identifier: Apache-2.0

#if TLS
import NIOCore
import NIOSSL

/// What an error of the TLS library means. The library tells most of it only in the text of its descriptions.
enum TLSFailure {
    /// The other side broke off, and says why.
    case alert(TLSAlert)
    /// What came is no TLS.
    case notTLS
    /// The other side was asked for a certificate and showed none.
    case noCertificate
    /// The other side's certificate did not stand.
    case unverified
    case wrongName
    case version
    /// The connection ended without TLS's goodbye.
    case truncated
    /// Another reason, in the library's words.
    case reason(String)
    /// No error of the library.
    case other

    init(_ error: any Error) {
        switch error {
        case NIOSSLError.handshakeFailed(let error), NIOSSLError.shutdownFailed(let error):
            self.init(boringSSL: error)
        case let error as BoringSSLError: self.init(boringSSL: error)
        case NIOSSLError.uncleanShutdown, is IOError: self = .truncated
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: self = .wrongName
        default: self = .other
        }
    }

    private init(boringSSL error: BoringSSLError) {
        switch error {
        case .sslError(let stack) where stack == [.eofDuringHandshake]: self = .truncated
        case .sslError(let stack), .unknownError(let stack):
            self.init(reason: stack.lazy.compactMap { Self.reason(in: $0.description) }.first ?? "\(error)")
        default: self = .reason("\(error)")
        }
    }

    /// - Parameter reason: as in `WRONG_VERSION_NUMBER`.
    init(reason: String) {
        if let alert = TLSAlert(reason: reason) {
            self = .alert(alert)
            return
        }
        self =
            switch reason {
            case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST": .notTLS
            case "PEER_DID_NOT_RETURN_A_CERTIFICATE": .noCertificate
            case "CERTIFICATE_VERIFY_FAILED": .unverified
            case "UNSUPPORTED_PROTOCOL": .version
            default: .reason(reason)
            }
    }

    /// From `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at FILE:LINE`.
    static func reason(in description: String) -> String? {
        let marker = "OPENSSL_internal:"
        guard let start = description.firstRange(of: marker)?.upperBound else { return nil }
        return String(description[start...].prefix { $0 != " " })
    }
}

/// Why the other side broke off.
struct TLSAlert {
    /// As in `CERTIFICATE_EXPIRED`.
    let name: String

    init?(reason: String) {
        let prefixes = ["TLSV1_ALERT_", "SSLV3_ALERT_"]
        guard let prefix = prefixes.first(where: reason.hasPrefix) else { return nil }
        name = String(reason.dropFirst(prefix.count))
    }

    func words(of other: String) -> String {
        switch name {
        case "UNKNOWN_CA": "\(other) refused our certificate: it does not know the authority that signed it"
        case "CERTIFICATE_EXPIRED": "\(other) refused our certificate: it has expired or is not yet valid"
        case "CERTIFICATE_REVOKED": "\(other) refused our certificate: it was revoked"
        case "BAD_CERTIFICATE": "\(other) refused our certificate: it is damaged or does not fit its key"
        case "UNSUPPORTED_CERTIFICATE": "\(other) refused our certificate: it is not for this use"
        case "CERTIFICATE_UNKNOWN": "\(other) refused our certificate"
        case "CERTIFICATE_REQUIRED", "NO_CERTIFICATE":
            "\(other) asks for a certificate and was shown none: name yours with --cert and --key"
        case "PROTOCOL_VERSION": "\(other) does not speak TLS 1.2 or 1.3"
        case "HANDSHAKE_FAILURE":
            "\(other) broke the TLS handshake off: it asks for a certificate and was shown none (name yours with --cert and "
                + "--key), or no cipher suits both"
        default: "\(other) broke TLS off: \(name.lowercased().split(separator: "_").joined(separator: " "))"
        }
    }
}
#endif
