// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Testing

@testable import BreakerPublisher

@Suite("The places for monitors")
struct SeatsTests {
    @Test("No client gets more than its share, and one that leaves makes room")
    func share() {
        var seats = Seats(total: 64, perClient: 2)
        #expect(seats.take(.user(1), isOperator: false) == nil)
        #expect(seats.take(.user(1), isOperator: false) == nil)
        #expect(seats.take(.user(1), isOperator: false) == .tooManyOfOne(2))
        #expect(seats.take(.user(2), isOperator: false) == nil)
        seats.leave(.user(1))
        #expect(seats.take(.user(1), isOperator: false) == nil)
        #expect(seats.count == 3)
    }

    @Test("However many observe, an operator on this machine finds a place; so does another process of his")
    func reserve() {
        var seats = Seats(total: 64, perClient: 16)
        let observers = (0..<1_000 as Range<UInt32>).count { seats.take(.user($0), isOperator: false) == nil }
        #expect(observers == 60)
        let wild = (0..<100).count { _ in seats.take(.process(1), isOperator: true) == nil }
        #expect(wild == 4)
        #expect(seats.take(.process(2), isOperator: true) == .full(64))
        seats = Seats(total: 64, perClient: 16)
        let alone = (0..<100).count { _ in seats.take(.process(1), isOperator: true) == nil }
        #expect(alone == 16)
        #expect(seats.take(.process(2), isOperator: true) == nil)
    }

    @Test("A place that was not taken cannot be left")
    func leave() {
        var seats = Seats(total: 1, perClient: 1)
        seats.leave(.unknown)
        #expect(seats.take(.unknown, isOperator: false) == nil)
        #expect(seats.take(.user(1), isOperator: true) == .full(1))
        seats.leave(.unknown)
        seats.leave(.unknown)
        #expect(seats.count == 0)
    }

    @Test(
        "Users who observe count as users, operators as processes, addresses as networks",
        arguments: [
            (.user(.init(pid: 7, uid: 1, gid: 1)), false, .user(1)),
            (.user(.init(pid: 7, uid: 1, gid: 1)), true, .process(7)),
            (.address("10.0.0.7"), false, .network("10.0.0.7")),
            (.address("::ffff:10.0.0.7"), false, .network("10.0.0.7")),
            (.address("2001:db8:1:2:3:4:5:6"), false, .network("20:1:d:b8:0:1:0:2")),
            (.address("2001:db8:1:2::9"), false, .network("20:1:d:b8:0:1:0:2")),
            (.address("not an address"), false, .network("not an address")),
            (nil, false, .unknown),
        ] as [(Peer?, Bool, Seats.Client)]
    )
    func clients(peer: Peer?, isOperator: Bool, client: Seats.Client) {
        #expect(Seats.Client(peer, isOperator: isOperator) == client)
    }
}
