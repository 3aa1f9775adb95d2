// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// Our codec at work on the workload.
final class WireCodec {
    private let workload: Workload
    private var decoder = ServiceMessageDecoder()
    /// The rows of the line before, whose room the next line takes.
    private var spare: [CircuitRow] = []
    private var output: [UInt8] = []

    init(_ workload: Workload) throws {
        self.workload = workload
        _ = try Workload.hello.withUnsafeBytes { try decoder.decode($0) }
    }

    /// Reads all samples, line by line.
    func decode() throws {
        try workload.bytes.withUnsafeBytes { bytes in
            var count = 0
            for line in workload.lines {
                let message = try decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[line]), reusing: &spare)
                guard case .sample(let sample) = message else { throw WireError(.unexpected, "no sample") }
                spare = sample.rows
                count += spare.count
            }
            guard count == workload.rowCount else { throw WireError(.unexpected, "\(count) rows") }
        }
    }

    /// Writes all samples.
    func encode() throws {
        output.removeAll(keepingCapacity: true)
        Workload.encode(workload.parts, to: &output)
        guard output.count == workload.bytes.count else { throw WireError(.unexpected, "\(output.count) bytes") }
    }
}
