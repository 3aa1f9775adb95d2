// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import NIOCore
import NIOSSL

/// Which side this is, what it demands of the other side, and its words for what went wrong.
enum TLSSide {
    case server(authorities: String?, TLSServer.ClientCertificates)
    case client(ServerName, authorities: String?)

    /// The other side, as a message names it.
    func name(at address: SocketAddress?) -> String {
        let place = address.flatMap { address in
            address.ipAddress.map { $0.contains(":") ? "[\($0)]" : $0 }.map { "\($0):\(address.port ?? 0)" }
        }
        return switch self {
        case .server: place ?? "the other side"
        case .client(let server, _): place.map { "\(server) at \($0)" } ?? "\(server)"
        }
    }

    /// A service tells who was refused from who just went; to a monitor it is one end of a connection like another.
    var codeOfRefusal: SocketError.Code {
        switch self {
        case .server: .handshakeFailed
        case .client: .closed
        }
    }

    /// What is wrong with a certificate at the end of a handshake; `nil` = nothing.
    ///
    /// It goes over what the library has done, because a resumed session shows the certificate without verifying it.
    func problem(with certificate: NIOSSLCertificate?, of other: String, at now: Int64 = Certificates.now()) -> String?
    {
        guard let certificate else {
            if case .server(_, let clients) = self, clients != .required { return nil }
            return "\(other) showed no certificate"
        }
        if let invalidity = certificate.invalidity(at: now) { return "the certificate of \(other) \(invalidity)" }
        if case .client(let server, _) = self, !server.isServed(by: certificate) {
            return Self.wrongName(certificate, server, other)
        }
        return nil
    }

    /// - Parameter certificate: the one that the other side showed in a handshake that failed.
    func words(
        for error: any Error, certificate: NIOSSLCertificate?, of other: String, isHandshaking: Bool,
        at now: Int64 = Certificates.now()
    ) -> String {
        let failure = TLSFailure(error)
        switch (failure, self) {
        case (.alert(let alert), _): return alert.words(of: other)
        case (.notTLS, .server): return "\(other) does not speak TLS"
        case (.notTLS, .client): return "\(other) is no TLS port"
        case (.noCertificate, _): return "\(other) showed no certificate: this service asks monitors for one"
        case (.version, _): return "\(other) does not speak TLS 1.2 or 1.3"
        case (.truncated, _) where !isHandshaking:
            return "the connection to \(other) broke off without a goodbye: something may be missing"
        case (.truncated, _): return "\(other) closed the connection in the middle of the TLS handshake"
        case (.unverified, _):
            if let invalidity = certificate?.invalidity(at: now) { return "the certificate of \(other) \(invalidity)" }
            return "the certificate of \(other) is not for this use, or not signed by \(authorities)"
        case (.wrongName, .client(let server, _)): return Self.wrongName(certificate, server, other)
        case (.reason(let reason), _): return "TLS with \(other) failed: \(reason)"
        case (.wrongName, .server), (.other, _): return "TLS with \(other) failed: \(error)"
        }
    }

    private var authorities: String {
        switch self {
        case .server(let file?, _), .client(_, let file?): "an authority in '\(file)'"
        case .client: "an authority that this machine trusts: name the file of the one that did with --ca"
        case .server: "an authority that this machine trusts"
        }
    }

    private static func wrongName(_ certificate: NIOSSLCertificate?, _ server: ServerName, _ other: String) -> String {
        let names = certificate.map(CertificateNames.machines) ?? []
        let listed = names.isEmpty ? "no machine at all" : names.joined(separator: ", ")
        return "the certificate of \(other) is for \(listed), not for \(server)"
    }
}
#endif
