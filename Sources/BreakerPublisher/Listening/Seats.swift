// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc

/// The places for monitors, and who has how many of them.
struct Seats: Sendable {
    /// Whom a connection is counted for.
    enum Client: Sendable, Hashable {
        /// A user who observes, however many processes he has.
        case user(UInt32)
        /// A process of an operator: another one must find a place when this one goes wild.
        case process(Int32)
        /// An address, or the network of an IPv6 one.
        case network(String)
        case unknown
    }

    enum Refusal: Sendable, Hashable {
        case full(Int)
        case tooManyOfOne(Int)

        var message: String {
            switch self {
            case .full(let most): "\(most) monitors are connected already; try again later"
            case .tooManyOfOne(let most): "\(most) monitors of this client are connected already; close one of them"
            }
        }
    }

    /// The most monitors at once.
    let total: Int
    /// How many of them only operators on this machine get.
    let reserved: Int
    private let perClient: Int
    private var taken: [Client: Int] = [:]
    private(set) var count = 0

    init(total: Int, perClient: Int) {
        self.total = total
        self.perClient = perClient
        reserved = total / 16
    }

    /// Takes a place, or says why there is none.
    mutating func take(_ client: Client, isOperator: Bool) -> Refusal? {
        guard count < (isOperator ? total : total - reserved) else { return .full(count) }
        guard taken[client, default: 0] < perClient else { return .tooManyOfOne(perClient) }
        taken[client, default: 0] += 1
        count += 1
        return nil
    }

    mutating func leave(_ client: Client) {
        guard let had = taken[client] else { return }
        taken[client] = had > 1 ? had - 1 : nil
        count -= 1
    }
}

extension Seats.Client {
    init(_ peer: Peer?, isOperator: Bool) {
        switch peer {
        case .user(let user): self = isOperator ? .process(user.pid) : .user(user.uid)
        case .address(let address): self = .network(Self.network(of: address))
        case .certificate, nil: self = .unknown
        }
    }

    /// An IPv4 address itself; of an IPv6 one the first half, since the rest is anybody's own choice.
    static func network(of address: String) -> String {
        let address = address.hasPrefix("::ffff:") ? String(address.dropFirst(7)) : address
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }
}
