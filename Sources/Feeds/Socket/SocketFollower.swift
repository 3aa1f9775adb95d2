// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Fleet
import Synchronization

/// Keeps a connection to one metrics socket: connects, converses, and connects again. A socket that was merely found is
/// worth no word until somebody has answered there; one that was named is told of from the start.
final class SocketFollower: Sendable {
    /// What all followers of a feed share.
    struct Context: Sendable {
        var client: String
        var interval: Milliseconds
        var clock: MonitorClock
        /// Of a new follower.
        var reconnection: Reconnection
        var router: CommandRouter
        var details: DetailWishes
        var claims = BootClaims()
        var secrets: TLSClients
        /// Whether to tell of a socket that was found and where nobody listens any more.
        var tellsOfLeftovers = false
    }

    private struct State {
        var isWanted = true
        var isDropped = false
        var hopesAgain = false
        var origin: SourceOrigin
        var connection: LineConnection?
    }

    let source: SourceID
    let place: Place
    let context: Context
    private let state: Mutex<State>
    private let doorbell = Doorbell()

    init(_ place: Place, _ context: Context) {
        source = place.source
        self.place = place
        self.context = context
        state = Mutex(State(origin: place.origin))
    }

    /// What is said of the place besides where it is.
    var origin: SourceOrigin {
        get { state.withLock(\.origin) }
        set { state.withLock { $0.origin = newValue } }
    }

    /// The place is no longer told of: ends once the present connection, if any, has ended.
    ///
    /// - Parameter closing: whether to close that connection now.
    func leave(closing: Bool) {
        let connection = state.withLock { state in
            state.isWanted = false
            state.isDropped = state.isDropped || closing
            return closing ? state.connection : nil
        }
        connection?.close()
        doorbell.ring()
    }

    /// The place is told of, still or again.
    func stay() {
        state.withLock { if !$0.isDropped { $0.isWanted = true } }
    }

    /// There is reason to try again at once: the socket was made anew.
    func hopeAgain() {
        state.withLock { $0.hopesAgain = true }
        doorbell.ring()
    }

    /// Whether it is told of before anybody has answered there.
    private var isAnnounced: Bool { place.isNamed || context.tellsOfLeftovers }

    /// Says of a place that was named that it is being looked at, so that nobody mistakes silence there for there being
    /// nothing.
    func announce(into sink: ObservationSink) async {
        guard isAnnounced else { return }
        var memory = Memory()
        await speak(&memory, sink)
    }

    /// Follows the socket until it is no longer wanted or the task is cancelled.
    func run(into sink: ObservationSink) async {
        var memory = Memory(hasSpoken: isAnnounced)
        var reconnection = context.reconnection
        while !Task.isCancelled {
            let end = await converse(&memory, sink)
            guard !Task.isCancelled else { return }
            if let since = memory.liveSince {
                reconnection.ended(liveFor: .milliseconds(context.clock.now().up.saturatingDifference(since)))
            }
            if state.withLock(\.hopesAgain) { reconnection.reset() }
            // Who hung up needs no reason.
            if !state.withLock(\.isDropped) { await report(end, &memory, sink) }
            state.withLock { $0.hopesAgain = false }
            let pause = if case .hopeless = end { reconnection.longPause() } else { reconnection.pause() }
            if state.withLock(\.isWanted) { await doorbell.wait(atMost: pause) }
            guard state.withLock(\.isWanted) else {
                if memory.hasSpoken { await observe(.source(.removed), sink) }
                return
            }
        }
    }

    /// What a loop over connections remembers.
    struct Memory {
        var bookmark: SocketConversation.Bookmark?
        var hasSpoken = false
        var last: SocketConversation.End?
        var refusals = Refusals()
        /// Since when the present or last connection is live, on the monitor's monotonic clock.
        var liveSince: Milliseconds?
        /// The boot that the present connection speaks for.
        var claim: InstanceKey?
        /// Bytes that came and belong to no fact yet.
        var bytes = 0
    }

    /// Says how a connection ended, unless that is no news.
    private func report(_ end: SocketConversation.End?, _ memory: inout Memory, _ sink: ObservationSink) async {
        guard let end, end != memory.last else { return }
        memory.last = end
        if !memory.hasSpoken { await speak(&memory, sink) }
        switch end {
        case .stopped(let reason): await observe(.source(.stopped(reason: reason)), sink)
        case .lost(let reason), .hopeless(let reason): await observe(.source(.lost(reason: reason)), sink)
        }
    }

    private func speak(_ memory: inout Memory, _ sink: ObservationSink) async {
        memory.hasSpoken = true
        await observe(.source(.connecting), sink)
        await observe(.origin(origin), sink)
    }

    func observe(_ fact: Observation.Fact, bytes: Int = 0, _ sink: ObservationSink) async {
        await sink(Observation(source: source, at: context.clock.now(), fact: fact, bytes: bytes))
    }
}

extension SocketFollower {
    /// One connection from its beginning to its end; `nil` when there was nobody and that is not worth a word.
    private func converse(
        _ memory: inout Memory, _ sink: ObservationSink
    ) async -> SocketConversation.End? {
        memory.liveSince = nil
        var conversation = SocketConversation(
            client: context.client, interval: context.interval, earlier: memory.bookmark)
        let end: SocketConversation.End?
        do {
            let security = try place.isSecured ? context.secrets.client(for: place.endpoint) : nil
            let talk: SocketConversation.End = try await withConnection(to: place.endpoint, security: security) {
                connection in
                defer { state.withLock { $0.connection = nil } }
                let isDropped = state.withLock { state in
                    state.connection = connection
                    return state.isDropped
                }
                if isDropped { return .lost(reason: "it is no longer wanted") }
                if let reason = Self.objection(to: connection.peer, at: place) { return .hopeless(reason: reason) }
                if !memory.hasSpoken { await speak(&memory, sink) }
                return await watch(connection, &conversation, &memory, sink)
            }
            end = conversation.hasHeard ? talk : place.explain(talk)
        } catch let error as SocketError {
            let isFound = error.code == .refused && !place.isNamed
            end = isFound ? await refusal(error, &memory) : .lost(reason: words(of: error))
        } catch {
            end = .lost(reason: "the connection broke")
        }
        memory.bookmark = conversation.bookmark ?? memory.bookmark
        return end
    }

    /// What it means that nobody listens at a socket that was found.
    private func refusal(_ error: SocketError, _ memory: inout Memory) async -> SocketConversation.End? {
        guard context.tellsOfLeftovers, case .unix(let path) = place.endpoint else {
            return memory.hasSpoken ? .lost(reason: error.message) : nil
        }
        guard memory.refusals.note(await SocketWatch.file(at: path)) else { return nil }
        return .lost(reason: SourcePhase.deathReason)
    }

    /// An error's message, with the place as it was named.
    private func words(of error: SocketError) -> String {
        place.isSecured ? error.message.replacing(place.endpoint.description, with: source.name) : error.message
    }

    /// Why nothing may be read from or said to whoever is there: a name may lead to another machine.
    static func objection(to peer: Peer?, at place: Place) -> String? {
        guard case .tcp(let host, let port) = place.endpoint, !place.isSecured else { return nil }
        guard case .address(let address) = peer else { return "\(place.endpoint) has no address" }
        guard !IPAddress.isLoopback(address) else { return nil }
        let secured = HostAndPort(host: host, port: port)
        return "\(host) is \(address), beyond this machine, where TCP needs TLS; write tls:\(secured)"
    }
}
