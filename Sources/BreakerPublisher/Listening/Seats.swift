// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Glibc

/// The places for monitors, and who has how many of them.
///
/// A connection comes in unknown and waits for its first line, whoever it is. Only with its `subscribe`, when it is known
/// who is there, does it take a seat; one that is known to operate sooner, so that nobody's flood can close it. Those who
/// wait keep nobody out: when all room is used up, the next one who comes in takes the place of one who waits.
struct Seats: Sendable {
    /// Whom a connection is counted for.
    enum Client: Sendable, Hashable {
        /// A user who observes, however many processes he has.
        case user(UInt32)
        /// A process of an operator: another one must find a place when this one goes wild.
        case process(Int32)
        /// What an operator has, nobody takes who got the same name from the authorities of another listener.
        case certificate(String, isOperator: Bool)
        /// An address, or the network of an IPv6 one.
        case network(String)
        case unknown

        /// Whether commands may come from there.
        var operates: Bool {
            switch self {
            case .process, .certificate(_, isOperator: true): true
            case .user, .certificate, .network, .unknown: false
            }
        }
    }

    enum Refusal: Sendable, Hashable {
        case full(Int)
        case tooManyOfOne(Int)
        /// Its place was given to somebody who came later.
        case tooLate
        /// It asked for more than it may, and comes again.
        case indebted(Milliseconds)

        var message: String {
            switch self {
            case .full(let most): "\(most) monitors are connected already; try again later"
            case .tooManyOfOne(let most): "\(most) monitors of this client are connected already; close one of them"
            case .indebted(let time):
                "this client has asked for too much; try again in \((time + 999) / 1_000) s"
            case .tooLate: "too many connect at once; try again later"
            }
        }
    }

    /// Tells connections apart, in the order in which they came.
    typealias Number = UInt64

    /// The most monitors at once.
    let total: Int
    /// How many of them only operators get.
    let reserved: Int
    /// The most of one client.
    let perClient: Int
    /// How many may wait for their first line when all seats are taken; more of them when not.
    let waitingRoom: Int

    private var newest: Number = 0
    private var waiting: [(number: Number, client: Client)] = []
    private var seated: [Number: Client] = [:]
    private var taken: [Client: Int] = [:]

    /// - Parameters:
    ///   - total: at least 1.
    ///   - perClient: at least 1; `nil` = a quarter of all.
    init(total: Int, perClient: Int? = nil) {
        self.total = total
        self.perClient = perClient ?? max(1, total / 4)
        // A single seat is for whoever comes first.
        reserved = total > 1 ? max(1, total / 16) : 0
        waitingRoom = max(2, total / 4)
    }

    /// How many seats are taken.
    var count: Int { seated.count }
    /// How many have come in and not subscribed.
    var waitingCount: Int { waiting.count }

    /// Lets a connection in.
    ///
    /// - Parameter client: for whom as far as is known without asking.
    /// - Returns: its number, and that of the one to be closed for it.
    mutating func admit(_ client: Client) -> (number: Number, evicted: Number?) {
        let isCrowded = waiting.count + seated.count >= total + waitingRoom
        let evicted = isCrowded ? evict(for: client) : nil
        newest += 1
        waiting.append((newest, client))
        recognize(newest, as: client)
        return (newest, evicted)
    }

    /// Gives a connection its seat before it subscribes if it operates, as long as there is one.
    mutating func recognize(_ number: Number, as client: Client) {
        if client.operates { _ = take(number, for: client) }
    }

    /// Takes a seat for a connection that has subscribed, unless it has one, or says why there is none.
    ///
    /// - Parameter client: for whom now that it is known.
    mutating func take(_ number: Number, for client: Client) -> Refusal? {
        guard seated[number] == nil else { return nil }
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return .tooLate }
        guard count < (client.operates ? total : total - reserved) else { return .full(count) }
        // The reserved ones are for those who would have none: half of them are the most that one may have by then.
        let share = count < total - reserved ? perClient : min(perClient, max(1, reserved / 2))
        guard taken[client, default: 0] < share else { return .tooManyOfOne(share) }
        waiting.remove(at: index)
        seated[number] = client
        taken[client, default: 0] += 1
        return nil
    }

    /// Gives up the place that it has, if any.
    mutating func leave(_ number: Number) {
        waiting.removeAll { $0.number == number }
        guard let client = seated.removeValue(forKey: number), let had = taken[client] else { return }
        taken[client] = had > 1 ? had - 1 : nil
    }

    /// The oldest one of the client that has most of them waiting, counting the one who comes: who floods, floods himself.
    private mutating func evict(for newcomer: Client) -> Number? {
        var counts = [newcomer: 1]
        for (_, client) in waiting { counts[client, default: 0] += 1 }
        let most = waiting.map { counts[$0.client, default: 0] }.max()
        guard let index = waiting.firstIndex(where: { counts[$0.client] == most }) else { return nil }
        return waiting.remove(at: index).number
    }
}

extension Seats.Client {
    init(_ peer: Peer?, isOperator: Bool) {
        switch peer {
        case .user(let user): self = isOperator ? .process(user.pid) : .user(user.uid)
        case .certificate(let certificate):
            self = certificate.names.first.map { .certificate($0, isOperator: isOperator) } ?? .unknown
        case .address(let address): self = .network(Self.network(of: address))
        case nil: self = .unknown
        }
    }

    /// An IPv4 address itself; of an IPv6 one the first half, since the rest is anybody's own choice. This machine's own
    /// addresses are one: each of its users may take any of them.
    static func network(of address: String) -> String {
        let address = address.hasPrefix("::ffff:") ? String(address.dropFirst(7)) : address
        guard !address.hasPrefix("127."), address != "::1" else { return "127.0.0.0/8" }
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }
}
