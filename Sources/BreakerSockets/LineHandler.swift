// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The line decoder as a step of a channel's pipeline.
final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = InboundLine

    private var decoder: BoundedLineDecoder

    init(lineLimit: Int) {
        decoder = BoundedLineDecoder(limit: lineLimit)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            decoder.decode(bytes) { context.fireChannelRead(wrapInboundOut($0)) }
        }
    }
}
