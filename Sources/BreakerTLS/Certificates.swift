// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import Glibc
import NIOSSL

enum Certificates {
    /// The time of day in milliseconds since 1970: certificates are valid by the calendar.
    static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Seconds since 1970 as people write a date, such as `2026-03-01 12:00 UTC`.
    static func date(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "\(seconds)" }
        let size = 32
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let base = buffer.baseAddress, strftime(base, size, "%Y-%m-%d %H:%M UTC", &parts) > 0 else {
                return "\(seconds)"
            }
            return String(cString: base)
        }
    }
}

extension NIOSSLCertificate {
    /// When it ends to be valid, in milliseconds since 1970. A certificate's years have four digits: this cannot overflow.
    var expires: Int64 { Int64(notValidAfter) * 1_000 }

    /// Why it is not valid at a time in milliseconds since 1970, to stand behind its name; `nil` = it is.
    func invalidity(at now: Int64) -> String? {
        if expires < now { return "expired on \(Certificates.date(notValidAfter))" }
        if Int64(notValidBefore) * 1_000 > now { return "is not valid before \(Certificates.date(notValidBefore))" }
        return nil
    }
}

extension PeerCertificate {
    /// The names and the end of a certificate that was verified.
    init(_ certificate: NIOSSLCertificate) {
        self.init(names: CertificateNames.names(of: certificate), expires: certificate.expires)
    }
}
#endif
