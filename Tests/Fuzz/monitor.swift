// SPDX-License-Identifier: Apache-2.0

import BreakerWire

/// What a monitor says, as a service reads it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    for line in lines(of: UnsafeRawBufferPointer(start: start, count: count)) {
        guard let message = decoding(line, MonitorMessageDecoder().decode) else { continue }
        if case .unknown = message { continue }
        let written = encoded(message)
        guard let again = decoding(Array(written.dropLast()), MonitorMessageDecoder().decode) else {
            fatalError("broken promise: what is written can be read: \(message)")
        }
        promise(encoded(again) == written, "what was written and read is written the same")
        promise(again == message || line.hasLongEscapes, "what is written is read back: \(message), \(again)")
    }
    return 0
}

private func encoded(_ message: MonitorMessage) -> [UInt8] {
    var bytes: [UInt8] = []
    MessageEncoder().append(message, to: &bytes)
    promise(bytes.last == 0x0A && bytes.dropLast().allSatisfy { $0 >= 0x20 }, "a message is one line")
    promise(bytes.count <= WireLimits.lineBytes + 1, "no line is too long")
    return bytes
}
