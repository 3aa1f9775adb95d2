// SPDX-License-Identifier: Apache-2.0

import CResolver

/// Asks the DNS, as the system is set up to.
struct Resolver: Sendable, Hashable {
    /// Why there is no answer.
    enum Failure: Error, Sendable, Hashable {
        case noSuchName
        case noRecords
        /// No server answered, or one cannot now.
        case unreachable
        case refused
    }

    /// A server to ask instead of those of the system.
    let server: HostAndPort?

    /// - Parameter server: an IPv4 address with a port, such as `127.0.0.1:5353`; `nil` = the system's servers.
    init(server: String? = nil) throws(TargetError) {
        guard let server, !server.isEmpty else {
            self.server = nil
            return
        }
        let place = try HostAndPort(parsing: server)
        guard IPAddress.isLiteral(place.host), !place.host.contains(":") else {
            throw TargetError("BREAKERTOP_DNS is “\(server.shown)”; it must be an IPv4 address with a port")
        }
        self.server = place
    }

    /// The answer to a question for a name's SRV records. Blocks for as long as the servers take, seconds at worst.
    func serviceRecords(of name: String) throws(Failure) -> [UInt8] {
        var failure = CR_UNREACHABLE
        var answer = [UInt8](repeating: 0, count: 65_535)
        let length = cr_search_srv(
            name, server?.host, UInt16(server?.port ?? 0), &answer, CInt(answer.count), &failure)
        guard length >= 0 else {
            switch failure {
            case CR_NO_SUCH_NAME: throw .noSuchName
            case CR_NO_RECORDS: throw .noRecords
            case CR_REFUSED: throw .refused
            default: throw .unreachable
            }
        }
        return Array(answer.prefix(Int(length)))
    }
}
