// SPDX-License-Identifier: Apache-2.0

package import BreakerSockets

/// The PEM files that a side of a TLS connection needs, by path.
package struct TLSFiles: Sendable, Hashable {
    /// The authorities whose signature on the other side's certificate counts; `nil` = the system's, or, at a server,
    /// that no certificate is asked for.
    package var authorities: String?
    /// This side's own certificate, followed by those between it and the authority.
    package var certificate: String?
    /// The certificate's private key, not encrypted.
    ///
    /// Only its owner may have access, who is this process' user or root; a root's key may be readable by a group as well.
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}

/// What came of looking at the files again.
package enum TLSRefresh: Sendable, Hashable {
    /// The files are those that were looked at before, and what is wrong with them, if anything, was told then.
    case unchanged
    /// New connections use the files as they are now; those that are open go on.
    case renewed
    /// The files have changed and cannot be used, for this reason: new connections go on with what was read before.
    case kept(SocketError)
}
