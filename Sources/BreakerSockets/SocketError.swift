// SPDX-License-Identifier: Apache-2.0

/// Why a socket, or the folder that it lives in, could not be used.
package struct SocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The folder does not exist.
        case folderMissing
        /// The folder is a symbolic link, or somebody else owns it or may write to it.
        case folderUnsafe
        /// This user may not look into the folder.
        case folderForbidden
        /// A path does not fit into a socket's address.
        case pathTooLong
        /// Every name that this instance may take belongs to a live process.
        case nameTaken
        /// Something that is no socket has the socket's name.
        case notASocket
        /// Other machines could reach that address, and nothing would secure it.
        case insecure
        /// Nobody listens there.
        case refused
        /// The other side did not answer, or did not read, in time.
        case timedOut
        /// One side refused the other one, or does not speak TLS.
        case handshakeFailed
        /// The connection is over.
        case closed
        /// The system refused, for the reason in the message.
        case system
    }

    package var code: Code
    /// A sentence that names the path or value and what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
