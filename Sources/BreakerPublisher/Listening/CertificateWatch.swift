// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTLS
import BreakerTelemetry
import Logging

/// Keeps a listener's certificate the one of the files, and tells the log before it ends.
struct CertificateWatch: Sendable {
    /// How long before its end a certificate is warned about, in milliseconds.
    static let notice: Milliseconds = 14 * day
    private static let day: Milliseconds = 24 * 3_600 * 1_000

    let tls: TLSServer
    let logger: Logger
    /// The service's wall clock, in milliseconds since 1970.
    let clock: @Sendable () -> Milliseconds

    /// Watches until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follow() }
            while !Task.isCancelled {
                warn()
                try? await Task.sleep(for: .milliseconds(Self.day))
            }
        }
    }

    private func follow() async {
        await tls.watch(every: .seconds(10)) { refresh in
            switch refresh {
            case .unchanged: break
            case .renewed:
                logger.info("the TLS certificate was read again")
                warn()
            case .kept(let error):
                logger.error("the TLS certificate could not be read again; the old one stays in use: \(error.message)")
            }
        }
    }

    private func warn() {
        guard let warning = tls.warning ?? Self.warning(expires: tls.expires, now: clock()) else { return }
        logger.warning("\(warning)")
    }

    /// What to say of a certificate that is still valid; `nil` when it has time.
    static func warning(expires: Milliseconds, now: Milliseconds) -> String? {
        let left = max(expires.subtractingReportingOverflow(now).partialValue, 0)
        guard left < notice else { return nil }
        return "the TLS certificate expires in \(left / day) days: renew it; it is read again without a restart"
    }
}
