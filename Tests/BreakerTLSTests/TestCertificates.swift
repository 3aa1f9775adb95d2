// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerTLS
import Glibc
import Synchronization
import TestSupport

/// The certificates of Tests/EndToEnd/certificates.py, made once for all tests.
struct TestCertificates {
    struct Failed: Error { var status: CInt }

    static func folder() throws -> String {
        try made.withLock { made in
            if let made { return made.path }
            let folder = try TemporaryFolder()
            let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
            let script = tests.joined(separator: "/") + "/EndToEnd/certificates.py"
            let status = system("/usr/bin/python3 '\(script)' '\(folder.path)'")
            guard status == 0 else { throw Failed(status: status) }
            made = folder
            atexit { TestCertificates.made.withLock { $0 = nil } }
            return folder.path
        }
    }

    private static let made = Mutex<TemporaryFolder?>(nil)

    /// The files of a side by the names that the script gives them.
    static func files(_ name: String?, authority: String? = "authority") throws -> TLSFiles {
        let folder = try folder()
        return TLSFiles(
            authorities: authority.map { "\(folder)/\($0).crt" },
            certificate: name.map { "\(folder)/\($0).crt" },
            key: name.map { "\(folder)/\($0).key" })
    }

    static func server(
        _ name: String = "server", clients: TLSServer.ClientCertificates = .none
    ) throws -> TLSServer {
        try TLSServer(files: files(name, authority: clients == .none ? nil : "authority"), clients: clients)
    }

    static func client(_ name: String? = nil, of serverName: String = "localhost") throws -> TLSClient {
        try TLSClient(files: files(name), serverName: serverName)
    }
}
#endif
