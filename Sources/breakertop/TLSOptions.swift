// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTLS

/// What secures connections to targets of `tls:`.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Trust services whose certificate these authorities signed (PEM).", valueName: "file"),
        completion: .file())
    var ca: String?

    @Option(
        help: ArgumentHelp("Your certificate, for services that ask for one (PEM).", valueName: "file"),
        completion: .file())
    var cert: String?

    @Option(help: ArgumentHelp("Its private key (PEM).", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The name that certificates have to be for, instead of the target's host.", valueName: "name"))
    var serverName: String?

    /// `nil` where none was named.
    var files: TLSFiles? {
        ca == nil && cert == nil ? nil : TLSFiles(authorities: ca, certificate: cert, key: key)
    }

    func validate() throws {
        guard (cert == nil) == (key == nil) else { throw ValidationError("--cert and --key go together") }
    }
}
