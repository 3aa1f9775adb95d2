// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads the terminal's bytes and decodes them.
struct TerminalInput {
    private let descriptor: Int32
    private var decoder: KeyDecoder

    init(descriptor: Int32, keys: KeyTable) {
        self.descriptor = descriptor
        decoder = KeyDecoder(keys: keys)
    }

    /// How long to wait before `timeOut`; nil when nothing is unfinished.
    ///
    /// A person who presses Escape waits for it, so that is short. The rest of a sequence has begun its way already:
    /// taken for keys it could do harm, so it gets more time, and is then dropped.
    var patience: Duration? {
        switch decoder.patience {
        case .escape: .milliseconds(25)
        case .sequence: .milliseconds(150)
        case nil: nil
        }
    }

    /// What has been typed, without waiting; nil when the terminal is gone.
    mutating func read() -> [KeyDecoder.Output]? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var outputs: [KeyDecoder.Output] = []
        // At most so much in one go: output and signals get their turn while a paste goes on.
        for round in 0..<16 {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR || errno == EAGAIN else { return nil }
                return outputs
            }
            // A terminal that hangs up reads as empty; one in a raw-ish mode never does otherwise.
            if count == 0 { return round == 0 ? nil : outputs }
            outputs += decoder.decode(bytes[..<count])
            if count < bytes.count { return outputs }
        }
        return outputs
    }

    mutating func timeOut() -> [KeyDecoder.Output] {
        decoder.timeOut()
    }
}
