// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Foundation
import Measuring

extension WireBenchmark {
    /// Ours first.
    static func decoders(_ workload: Workload, _ python: Python) throws -> [Contestant] {
        let codec = try WireCodec(workload)
        let spaced = try WireCodec(Workload(isSpaced: true))
        let lines = workload.lines.map { Data(workload.bytes[$0]) }
        let decoder = JSONDecoder()
        return [
            Contestant("breakertop") { try codec.decode() },
            Contestant("breakertop, a space after each comma") { try spaced.decode() },
            Contestant("floor: memchr for each comma") { try countCommas(workload.bytes) },
            Contestant("floor: memchr for each line") { try countLines(workload.bytes) },
            Contestant("Foundation JSONDecoder") {
                for line in lines { _ = try decoder.decode(PlainSample.self, from: line) }
            },
            Contestant("Foundation JSONSerialization") {
                for line in lines { _ = try JSONSerialization.jsonObject(with: line) }
            },
            Contestant("CPython json.loads") { try python.measure("decode", $0) },
        ]
    }

    /// Ours first.
    static func encoders(_ workload: Workload, _ python: Python) throws -> [Contestant] {
        let codec = try WireCodec(workload)
        let encoder = JSONEncoder()
        let samples = workload.parts.map { rows in
            PlainSample(
                type: "sample", t: Workload.at.t, up_ms: Workload.at.up, seq: Workload.seq,
                rows: rows.map { PlainRow($0) }, end: true)
        }
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: workload.bytes.count, alignment: 16)
        return [
            Contestant("breakertop") { try codec.encode() },
            Contestant("floor: memcpy") { workload.bytes.withUnsafeBytes { target.copyMemory(from: $0) } },
            Contestant("Foundation JSONEncoder") { for sample in samples { _ = try encoder.encode(sample) } },
            Contestant("CPython json.dumps") { try python.measure("encode", $0) },
        ]
    }

    private static func countLines(_ bytes: [UInt8]) throws {
        guard count(0x0A, in: bytes) > 0 else { throw WireError(.unexpected, "no line") }
    }

    private static func countCommas(_ bytes: [UInt8]) throws {
        guard count(UInt8(ascii: ","), in: bytes) > 0 else { throw WireError(.unexpected, "no comma") }
    }

    private static func count(_ byte: UInt8, in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            guard var position = bytes.baseAddress else { return 0 }
            let end = position + bytes.count
            var count = 0
            while let found = memchr(position, Int32(byte), end - position) {
                count += 1
                position = UnsafeRawPointer(found) + 1
            }
            return count
        }
    }
}
