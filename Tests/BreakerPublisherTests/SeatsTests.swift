// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Testing

@testable import BreakerPublisher

@Suite("The places for monitors")
struct SeatsTests {
    /// Comes in and subscribes.
    private static func seat(
        _ client: Seats.Client, in seats: inout Seats
    ) -> (number: Seats.Number, refusal: Seats.Refusal?) {
        let number = seats.admit(client).number
        let refusal = seats.take(number, for: client)
        if refusal != nil { seats.leave(number) }
        return (number, refusal)
    }

    @Test("No client gets more than its share, and one that leaves makes room")
    func share() {
        var seats = Seats(total: 64, perClient: 2)
        let first = Self.seat(.user(1), in: &seats)
        #expect(first.refusal == nil)
        #expect(Self.seat(.user(1), in: &seats).refusal == nil)
        #expect(Self.seat(.user(1), in: &seats).refusal == .tooManyOfOne(2))
        #expect(Self.seat(.user(2), in: &seats).refusal == nil)
        seats.leave(first.number)
        seats.leave(first.number)
        #expect(Self.seat(.user(1), in: &seats).refusal == nil)
        #expect(Self.seat(.user(1), in: &seats).refusal == .tooManyOfOne(2))
        #expect(seats.count == 3)
    }

    @Test(
        "Every size keeps a seat for operators where there are two, and gives one client a quarter",
        arguments: [
            (1, 0, 1, 2), (2, 1, 1, 2), (3, 1, 1, 2), (8, 1, 2, 2), (16, 1, 4, 4), (32, 2, 8, 8), (64, 4, 16, 16),
            (1_000, 62, 250, 250),
        ])
    func sizes(total: Int, reserved: Int, perClient: Int, waitingRoom: Int) {
        let seats = Seats(total: total)
        #expect(seats.reserved == reserved)
        #expect(seats.perClient == perClient)
        #expect(seats.waitingRoom == waitingRoom)
    }

    @Test("However many observe, an operator finds a place; so does another process of his")
    func reserve() {
        var seats = Seats(total: 64)
        let observers = (0..<1_000 as Range<UInt32>).count { Self.seat(.user($0), in: &seats).refusal == nil }
        #expect(observers == 60)
        let wild = (0..<100).count { _ in Self.seat(.process(1), in: &seats).refusal == nil }
        #expect(wild == 2)
        #expect((0..<2).allSatisfy { _ in Self.seat(.process(2), in: &seats).refusal == nil })
        #expect(Self.seat(.process(3), in: &seats).refusal == .full(64))
        seats = Seats(total: 64)
        let alone = (0..<100).count { _ in Self.seat(.process(1), in: &seats).refusal == nil }
        #expect(alone == 16)
        #expect(Self.seat(.process(2), in: &seats).refusal == nil)
    }

    @Test("Those who wait take nobody's seat, use what is free, and are never more than there is room for")
    func waiting() {
        var seats = Seats(total: 8)
        let admitted = (1...100).map { _ in seats.admit(.network("idle")) }
        #expect(admitted.prefix(10).allSatisfy { $0.evicted == nil })
        // From then on the oldest goes for each newcomer.
        #expect(admitted.dropFirst(10).map(\.evicted) == admitted.prefix(90).map(\.number))
        #expect(seats.waitingCount == 10)
        for user in 1...7 as ClosedRange<UInt32> { #expect(Self.seat(.user(user), in: &seats).refusal == nil) }
        #expect(Self.seat(.process(1), in: &seats).refusal == nil)
        #expect(seats.count == 8 && seats.waitingCount == 2)
    }

    @Test("Who floods closes his own: nobody who comes alone is closed for another's sake")
    func fairness() {
        var seats = Seats(total: 8)
        let slow = seats.admit(.network("slow")).number
        for _ in 1...1_000 { _ = seats.admit(.network("flood")) }
        #expect(seats.take(slow, for: .network("slow")) == nil)
        // From a new address each, the oldest goes.
        let (next, _) = seats.admit(.network("next"))
        let evicted = (1...100).map { seats.admit(.network("\($0)")).evicted }
        #expect(evicted.contains(next))
    }

    @Test("No flood closes who is known to operate, be it from his own network or his own process")
    func operators() {
        let ann = Seats.Client.certificate("ann", isOperator: true)
        for flood in [.network("ann's"), .process(1), nil] as [Seats.Client?] {
            var seats = Seats(total: 8)
            let process = seats.admit(.process(1)).number
            let remote = seats.admit(.network("ann's")).number
            let observer = seats.admit(.network("ann's")).number
            seats.recognize(remote, as: ann)
            seats.recognize(observer, as: .certificate("bob", isOperator: false))
            #expect(seats.count == 2 && seats.waitingCount == 1)
            for number in 1...1_000 { _ = seats.admit(flood ?? .network("\(number)")) }
            #expect(seats.take(process, for: .process(1)) == nil)
            #expect(seats.take(remote, for: ann) == nil)
            #expect(seats.count + seats.waitingCount == seats.total + seats.waitingRoom)
            let refusal = seats.take(observer, for: .certificate("bob", isOperator: false))
            #expect(refusal == (flood == .process(1) ? nil : .tooLate))
        }
    }

    @Test("Who was closed for another takes no seat any more, and gives none up")
    func evicted() {
        var seats = Seats(total: 1)
        let numbers = (1...4).map { _ in seats.admit(.unknown).number }
        #expect(seats.take(numbers[0], for: .unknown) == .tooLate)
        seats.leave(numbers[0])
        #expect(seats.waitingCount == 3)
        #expect(seats.take(numbers[1], for: .unknown) == nil)
        #expect(seats.take(numbers[1], for: .unknown) == nil)
        #expect(seats.count == 1)
        #expect(seats.take(numbers[2], for: .user(1)) == .full(1))
        for number in numbers + numbers { seats.leave(number) }
        #expect(seats.count == 0 && seats.waitingCount == 0)
    }

    private static func certificate(_ names: String...) -> Peer {
        .certificate(PeerCertificate(names: names, expires: 0))
    }

    @Test(
        "Users who observe count as users, operators as processes, certificates by name, addresses as networks",
        arguments: [
            (.user(.init(pid: 7, uid: 1, gid: 1)), false, .user(1)),
            (.user(.init(pid: 7, uid: 1, gid: 1)), true, .process(7)),
            (certificate("ann", "ops"), true, .certificate("ann", isOperator: true)),
            (certificate("ann"), false, .certificate("ann", isOperator: false)),
            (certificate(), false, .unknown),
            (.address("10.0.0.7"), false, .network("10.0.0.7")),
            (.address("::ffff:10.0.0.7"), false, .network("10.0.0.7")),
            (.address("2001:db8:1:2:3:4:5:6"), false, .network("20:1:d:b8:0:1:0:2")),
            (.address("2001:db8:1:2::9"), false, .network("20:1:d:b8:0:1:0:2")),
            (.address("127.0.0.1"), false, .network("127.0.0.0/8")),
            (.address("127.9.9.9"), false, .network("127.0.0.0/8")),
            (.address("::ffff:127.0.0.2"), false, .network("127.0.0.0/8")),
            (.address("::1"), false, .network("127.0.0.0/8")),
            (.address("not an address"), false, .network("not an address")),
            (nil, false, .unknown),
        ] as [(Peer?, Bool, Seats.Client)]
    )
    func clients(peer: Peer?, isOperator: Bool, client: Seats.Client) {
        #expect(Seats.Client(peer, isOperator: isOperator) == client)
    }
}
