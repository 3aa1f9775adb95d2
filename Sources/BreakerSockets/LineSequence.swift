// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The lines of a connection, to be iterated once.
///
/// Ends when the other side closes or the task is cancelled; fails when the connection breaks. What is not taken waits
/// in the kernel and then in the peer: memory stays bounded.
package struct LineSequence: AsyncSequence, Sendable {
    package typealias Element = InboundLine

    private let inbound: NIOAsyncChannelInboundStream<InboundLine>

    init(_ inbound: NIOAsyncChannelInboundStream<InboundLine>) { self.inbound = inbound }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var inbound: NIOAsyncChannelInboundStream<InboundLine>.AsyncIterator

        package mutating func next() async throws -> InboundLine? { try await next(isolation: nil) }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> InboundLine? {
            do {
                return try await inbound.next(isolation: actor)
            } catch is CancellationError {
                return nil
            } catch let error as IOError {
                throw SocketError(.closed, "the connection broke: \(describe(errno: error.errnoCode))")
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(inbound: inbound.makeAsyncIterator())
    }
}
