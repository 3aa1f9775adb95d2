// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import NIOSSL
import Synchronization

/// What new connections are secured with, made of files that may be exchanged while it is in use.
final class ReloadingContext: Sendable {
    struct Current: Sendable {
        let context: NIOSSLContext
        /// This side's own certificate.
        let certificate: NIOSSLCertificate?
    }

    let files: TLSFiles
    private let configuration: @Sendable (TLSMaterial) -> TLSConfiguration
    private let state: Mutex<Current>
    private struct Reading {
        /// How the files looked.
        var stamps: [FileStamp?]
        /// Why they could not be used; `nil` = they are in use.
        var failure: SocketError?
    }

    // The last reading. Held while they are read, so that nobody who only wants `current` waits for a disk.
    private let last: Mutex<Reading>

    /// - Throws: ``SocketError`` that names the file and says what to do.
    init(
        _ files: TLSFiles, configuration: @escaping @Sendable (TLSMaterial) -> TLSConfiguration
    ) throws(SocketError) {
        self.files = files
        self.configuration = configuration
        // Before reading: what is exchanged meanwhile is read once more.
        last = Mutex(Reading(stamps: files.stamps()))
        state = Mutex(try Self.load(files, configuration))
    }

    var current: Current { state.withLock { $0 } }

    /// Reads the files again when they have changed, or could not be used the last time: what was in the way may have
    /// been something else than their content. Blocks for as long as the disk does.
    func refresh() -> TLSRefresh {
        last.withLock { last in
            let stamps = files.stamps()
            let isChanged = stamps != last.stamps
            guard isChanged || last.failure != nil else { return .unchanged }
            do throws(SocketError) {
                let loaded = try Self.load(files, configuration)
                state.withLock { $0 = loaded }
                last = Reading(stamps: stamps)
                return .renewed
            } catch {
                defer { last = Reading(stamps: stamps, failure: error) }
                return isChanged || error != last.failure ? .kept(error) : .unchanged
            }
        }
    }

    private static func load(
        _ files: TLSFiles, _ configuration: (TLSMaterial) -> TLSConfiguration
    ) throws(SocketError) -> Current {
        let material = try TLSMaterial(reading: files)
        do {
            return Current(
                context: try NIOSSLContext(configuration: configuration(material)), certificate: material.chain.first)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw SocketError(
                .system,
                "the key '\(files.key ?? "")' does not belong to the first certificate in '\(files.certificate ?? "")'")
        } catch {
            throw SocketError(.system, "TLS cannot be set up with \(files.paths.joined(separator: ", ")): \(error)")
        }
    }
}

extension ReloadingContext.Current {
    /// When this side's certificate ends to be valid, in milliseconds since 1970.
    var expires: Int64? { certificate?.expires }

    /// What is wrong with this side's certificate without being an error; `nil` = nothing.
    func warning(_ files: TLSFiles, at now: Int64 = Certificates.now()) -> String? {
        guard let certificate, let validity = certificate.invalidity(at: now) else { return nil }
        return "the certificate '\(files.certificate ?? "")' \(validity): other sides refuse it"
    }
}

extension TLSFiles {
    fileprivate var paths: [String] { [authorities, certificate, key].compactMap { $0 } }

    fileprivate func stamps() -> [FileStamp?] { paths.map { FileStamp(of: $0) } }
}
#endif
