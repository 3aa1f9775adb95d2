// SPDX-License-Identifier: Apache-2.0

package import Fleet

/// Tells the socket of a dead service from one whose service is about to listen, or is just going.
///
/// A service takes its socket away with its goodbye, and one that dies leaves it. One that starts has its socket for a
/// moment before it listens. Its lock would tell, but to try that could send it to another name; hence only the same file
/// that refuses time and again counts.
struct Refusals: Sendable {
    /// How often a file refuses before its service counts as dead: with the pauses between, a third of a second at least.
    static let ofTheDead = 4

    private var file: Place.File?
    private var count = 0

    /// Nobody listened, and then this was the socket's file; `nil` when it was gone.
    /// - Returns: whether its service is dead.
    mutating func note(_ file: Place.File?) -> Bool {
        count = file == self.file ? count + 1 : 1
        self.file = file
        return file != nil && count >= Self.ofTheDead
    }
}

extension SourcePhase {
    static let deathReason =
        "died without saying goodbye: nobody listens at its socket; start it again, or remove the socket"

    /// Of a socket that was found and whose service is dead.
    package static let died = SourcePhase.lost(reason: deathReason)
}
