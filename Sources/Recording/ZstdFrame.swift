// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Compresses one frame after the other, each with a checksum of its content.
final class FrameCompressor {
    private let context: OpaquePointer
    /// Where compressed bytes come out.
    private var room: [UInt8]

    /// A level of 3 packs what services say to a tenth or less, at hundreds of megabytes a second.
    init(level: Int32 = 3) throws(RecordingError) {
        guard let context = ZSTD_createCCtx() else {
            throw RecordingError(.system, "there is no memory to compress with")
        }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        room = Array(repeating: 0, count: ZSTD_CStreamOutSize())
    }

    deinit { ZSTD_freeCCtx(context) }

    enum Step {
        /// More comes.
        case goOn
        /// What was given so far can be read.
        case flush
        /// The frame ends.
        case end
    }

    /// Appends what comes out of these bytes, if anything does yet.
    func compress(_ bytes: [UInt8], _ step: Step, into output: inout [UInt8]) throws(RecordingError) {
        let directive = step == .goOn ? ZSTD_e_continue : step == .flush ? ZSTD_e_flush : ZSTD_e_end
        var complaint: String?
        bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            room.withUnsafeMutableBytes { target in
                while true {
                    var buffer = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    let left = ZSTD_compressStream2(context, &buffer, &input, directive)
                    guard ZSTD_isError(left) == 0 else { return complaint = String(cString: ZSTD_getErrorName(left)) }
                    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: target[..<buffer.pos]))
                    if step == .goOn ? input.pos == input.size : left == 0 { return }
                }
            }
        }
        if let complaint { throw RecordingError(.system, "compressing failed: \(complaint)") }
    }
}

/// Gives a frame's content back, in pieces.
final class FrameDecompressor {
    private let context: OpaquePointer
    private var room: [UInt8]
    private var input: [UInt8] = []
    private var consumed = 0
    /// Whether nothing more comes out of what it was fed.
    private(set) var isHungry = true

    /// The largest window that a frame may ask for, as a power of two: 8 MiB, as much as level 19 takes.
    private static let largestWindow: Int32 = 23

    init() throws(RecordingError) {
        guard let context = ZSTD_createDCtx() else {
            throw RecordingError(.system, "there is no memory to decompress with")
        }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindow)
        room = Array(repeating: 0, count: ZSTD_DStreamOutSize())
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Takes the frame's next bytes, once it is hungry.
    func feed(_ bytes: [UInt8]) { (input, consumed, isHungry) = (bytes, 0, false) }

    /// Appends the next piece of the content: of a block at most, since a few bytes may stand for gigabytes.
    ///
    /// - Returns: whether the frame ended with it.
    /// - Throws: ``RecordingError/Code/damaged`` when the bytes are no frame's, or its checksum is wrong.
    func decompress(into output: inout [UInt8]) throws(RecordingError) -> Bool {
        let left = input.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
            return room.withUnsafeMutableBytes { target in
                var buffer = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                let left = ZSTD_decompressStream(context, &buffer, &input)
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: target[..<buffer.pos]))
                consumed = input.pos
                isHungry = input.pos == input.size && buffer.pos < buffer.size
                return left
            }
        }
        guard ZSTD_isError(left) == 0 else {
            throw RecordingError(.damaged, String(cString: ZSTD_getErrorName(left)))
        }
        return left == 0
    }
}
