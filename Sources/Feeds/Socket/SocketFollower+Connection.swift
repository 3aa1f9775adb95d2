// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Fleet

extension SocketFollower {
    /// A conversation over an open connection, to its end.
    func watch(
        _ connection: LineConnection, _ conversation: inout SocketConversation, _ memory: inout Memory,
        _ sink: ObservationSink
    ) async -> SocketConversation.End {
        let silence = SilenceWatch(limit: conversation.silenceLimit)
        let ticket = Ticket()
        let end = await withTaskGroup(of: Void.self) { group in
            group.addTask { await silence.watch(connection) }
            defer { group.cancelAll() }
            return await listen(to: connection, &conversation, &memory, silence, ticket, sink)
        }
        if let boot = conversation.bookmark?.boot {
            context.router.close(boot, owner: ticket)
            await context.details.close(boot, owner: ticket)
        }
        if let claim = memory.claim { context.claims.release(claim) }
        memory.claim = nil
        return end
    }

    /// Who opened a way for commands.
    private final class Ticket: Sendable {}

    private func listen(
        to connection: LineConnection, _ conversation: inout SocketConversation, _ memory: inout Memory,
        _ silence: SilenceWatch, _ ticket: Ticket, _ sink: ObservationSink
    ) async -> SocketConversation.End {
        var lines = connection.lines.makeAsyncIterator()
        silence.waits(atMost: conversation.silenceLimit)
        var reason = "the connection closed without a goodbye"
        do {
            while let line = try await lines.next() {
                silence.heard()
                memory.bytes += line.size
                for action in conversation.receive(line) {
                    let end = await perform(action, connection, conversation, &memory, ticket, sink)
                    if let end { return end }
                }
                silence.waits(atMost: conversation.silenceLimit)
            }
        } catch let error as SocketError {
            // Such as that the service refused our certificate, of which TLS 1.3 hears only now.
            reason = error.message
        } catch {
            reason = "the connection broke: \(error)"
        }
        return .lost(reason: silence.hasExpired ? "nothing heard for \(silence.limit)" : reason)
    }

    private func perform(
        _ action: SocketConversation.Action, _ connection: LineConnection, _ conversation: SocketConversation,
        _ memory: inout Memory, _ ticket: Ticket, _ sink: ObservationSink
    ) async -> SocketConversation.End? {
        let boot = conversation.bookmark?.boot
        switch action {
        case .observe(.histogram(let circuit, let latency, let at)):
            // Others might be many.
            guard let boot, context.details.isWished(DetailedCircuit(boot: boot, circuit: circuit)) else { return nil }
            await observe(.histogram(circuit: circuit, latency, at: at), &memory, sink)
        case .observe(.source(.greeted(let identity, let actions))):
            let key = InstanceKey(identity)
            if let other = context.claims.claim(key) {
                return .hopeless(reason: "it claims the boot of \(other.service)/\(other.instance)")
            }
            memory.claim = key
            await observe(.source(.greeted(identity, actions: actions)), &memory, sink)
            await observe(.link(link(connection, conversation)), sink)
        case .observe(let fact):
            if case .source(.subscribed(_, let mayOperate)) = fact, let boot {
                // Whatever ended the last connection, a new end is news again.
                memory.last = nil
                context.router.open(boot, over: connection, mayOperate: mayOperate, owner: ticket)
                await context.details.open(boot, over: connection, owner: ticket)
            }
            if case .source(.ready) = fact { memory.liveSince = memory.liveSince ?? context.clock.now().up }
            await observe(fact, &memory, sink)
        case .send(let message):
            var bytes: [UInt8] = []
            MessageEncoder().append(message, to: &bytes)
            // When it fails the lines end, and they know why.
            try? await connection.send(bytes)
        case .answer(let result):
            if let boot { context.router.answer(result, from: boot, owner: ticket) }
        case .end(let end):
            return end
        }
        return nil
    }

    private func observe(_ fact: Observation.Fact, _ memory: inout Memory, _ sink: ObservationSink) async {
        defer { memory.bytes = 0 }
        await observe(fact, bytes: memory.bytes, sink)
    }

    private func link(_ connection: LineConnection, _ conversation: SocketConversation) -> SourceLink {
        var link = SourceLink(protocolMinor: conversation.protocolMinor)
        if case .certificate(let certificate) = connection.peer {
            link.certificateNames = certificate.names
            link.certificateExpires = certificate.expires
            link.ownCertificateExpires = context.secrets.ownCertificateExpires
        }
        return link
    }
}

extension InboundLine {
    /// Its bytes on the wire.
    fileprivate var size: Int {
        switch self {
        case .line(let bytes): bytes.count + 1
        case .tooLong(let bytes), .stillTooLong(let bytes): bytes
        }
    }
}
