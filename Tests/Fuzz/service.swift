// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// What a service says, as a monitor reads it: after a hello of ours, of a later version with its columns in another order, and of one that
/// tells next to nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let lines = lines(of: UnsafeRawBufferPointer(start: start, count: count))
    for greeted in decoders {
        var decoder = greeted
        var spare: [CircuitRow] = []
        for line in lines {
            let before = decoder
            let message = decoding(line) { bytes throws(WireError) in try decoder.decode(bytes, reusing: &spare) }
            guard let message else { continue }
            if case .sample(let sample) = message {
                check(sample, line, before)
                spare = sample.rows
            }
            check(message, line)
        }
    }
    return 0
}

private let decoders = [
    greeted(Field.allCases.map(\.name)),
    greeted(["novel"] + Field.allCases.map(\.name).reversed() + ["also_novel"]),
    greeted(["id", "state", "calls_total", "last_call"]),
]

private func greeted(_ columns: [String]) -> ServiceMessageDecoder {
    var decoder = ServiceMessageDecoder()
    let identity = ServiceIdentity(service: "orders", instance: "orders-1", boot: "00c0ffee12345678")
    let hello = encoded(.hello(Hello(identity: identity, columns: columns, actions: [])))
    promise(decoding(Array(hello.dropLast())) { bytes throws(WireError) in try decoder.decode(bytes) } != nil, "hello")
    return decoder
}

/// What can be read can be written, and read again by whoever knows all columns.
private func check(_ message: ServiceMessage, _ line: [UInt8]) {
    if case .unknown = message { return }
    let written = encoded(message)
    var decoder = decoders[0]
    var again: [ServiceMessage] = []
    for line in written.split(separator: 0x0A) {
        guard let part = decoding(Array(line), { bytes throws(WireError) in try decoder.decode(bytes) }) else {
            fatalError("broken promise: what is written can be read: \(message)")
        }
        again.append(part)
    }
    promise(joined(again).map(encoded) == written, "what was written and read is written the same")
    promise(joined(again) == message || line.hasLongEscapes, "what is written is read back: \(message), \(again)")
}

/// The lines of a sample as one.
private func joined(_ messages: [ServiceMessage]) -> ServiceMessage? {
    guard messages.count > 1, case .sample(var sample) = messages.first else { return messages.first }
    for case .sample(let part) in messages.dropFirst() {
        sample.rows += part.rows
        sample.isEnd = part.isEnd
    }
    return .sample(sample)
}

/// The quick way of reading rows and the general one, which two spaces after a comma lead to, give the same.
private func check(_ sample: Sample, _ line: [UInt8], _ before: ServiceMessageDecoder) {
    var spaced: [UInt8] = []
    var isInText = false
    var isEscaped = false
    for byte in line {
        spaced.append(byte)
        if !isInText && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "[")) { spaced += [0x20, 0x20] }
        if byte == UInt8(ascii: "\"") && !isEscaped { isInText.toggle() }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    }
    var decoder = before
    let other = decoding(spaced) { bytes throws(WireError) in try decoder.decode(bytes) }
    promise(other == .sample(sample), "both ways of reading rows agree: \(String(describing: other)), \(sample)")
}

private func encoded(_ message: ServiceMessage) -> [UInt8] {
    var bytes: [UInt8] = []
    MessageEncoder().append(message, to: &bytes)
    promise(bytes.last == 0x0A, "a message ends with LF")
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        promise(!line.isEmpty && line.allSatisfy { $0 >= 0x20 }, "a line has no control character")
        promise(line.count <= WireLimits.lineBytes, "no line is too long")
    }
    return bytes
}
