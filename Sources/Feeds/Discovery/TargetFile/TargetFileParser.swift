// SPDX-License-Identifier: Apache-2.0

import BreakerWire

/// Reads the JSON of a list of targets, and knows the lines of what it read.
struct TargetFileParser {
    struct Text {
        var text: String
        var line: Int
    }

    struct Group {
        var targets: [Text] = []
        var labels: [String: String] = [:]
    }

    private let bytes: [UInt8]
    // Lines are counted on from the last one that was asked for.
    private var counted = (offset: 0, line: 1)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The groups in their order. What is in them beside targets and labels is skipped.
    mutating func groups() throws(TargetFile.Failure) -> [Group] {
        let result = bytes.withUnsafeBytes { bytes in
            var offset = 0
            do throws(WireError) {
                var reader = try JSONReader(bytes, limit: TargetFile.maximumSize)
                defer { offset = reader.offset }
                return Result<[Group], TargetFile.Failure>.success(try groups(&reader))
            } catch {
                let end = offset >= bytes.count ? "the file ends too early: " : ""
                return .failure(TargetFile.Failure(line: line(at: offset), reason: end + error.message))
            }
        }
        return try result.get()
    }

    private mutating func groups(_ reader: inout JSONReader) throws(WireError) -> [Group] {
        var groups: [Group] = []
        try reader.open("[")
        while try reader.nextElement() { groups.append(try group(&reader)) }
        try reader.finish()
        return groups
    }

    private mutating func group(_ reader: inout JSONReader) throws(WireError) -> Group {
        var group = Group()
        try reader.open("{")
        while let key = try reader.nextKey() {
            switch reader.string(key) {
            case "targets": group.targets += try targets(&reader)
            case "labels": group.labels.merge(try labels(&reader)) { _, later in later }
            default: try reader.skipValue()
            }
        }
        return group
    }

    private mutating func targets(_ reader: inout JSONReader) throws(WireError) -> [Text] {
        var targets: [Text] = []
        try reader.open("[")
        while try reader.nextElement() {
            let text = try reader.text()
            targets.append(Text(text: reader.string(text), line: line(at: text.start)))
        }
        return targets
    }

    private func labels(_ reader: inout JSONReader) throws(WireError) -> [String: String] {
        var labels: [String: String] = [:]
        try reader.open("{")
        while let key = try reader.nextKey() {
            let name = reader.string(key)
            labels[name] = reader.string(try reader.text())
        }
        return labels
    }

    private mutating func line(at offset: Int) -> Int {
        let offset = min(max(offset, counted.offset), bytes.count)
        counted.line += bytes[counted.offset..<offset].count { $0 == 0x0A }
        counted.offset = offset
        return counted.line
    }
}
