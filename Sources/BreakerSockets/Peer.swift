// SPDX-License-Identifier: Apache-2.0

/// Who is at the other end of a connection, as far as somebody other than the peer vouches for it.
package enum Peer: Sendable, Hashable {
    /// A user of this machine, by the kernel's word.
    case user(PeerCredentials)
    /// Whoever holds the key of a certificate that an authority we trust has signed.
    case certificate(PeerCertificate)
    /// Nobody vouches: an address.
    case address(String)
}

/// What matters of a certificate that was verified.
package struct PeerCertificate: Sendable, Hashable {
    /// The names that it is for: those of the subject's alternative names, or, where it has none of any kind, its common
    /// name. Printable, at most 200 bytes each, at most 64.
    package var names: [String]
    /// When it ends to be valid, in milliseconds since 1970.
    package var expires: Int64

    package init(names: [String], expires: Int64) {
        self.names = names
        self.expires = expires
    }
}
