// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet

/// Writes what is recorded as lines.
struct LineEncoder {
    /// The numbers of the sources that the segment has named.
    private var numbers: [SourceID: Int64] = [:]
    private var message: [UInt8] = []
    private let encoder = MessageEncoder()

    /// A segment stands for itself: it names its sources anew.
    mutating func beginSegment() { numbers = [:] }

    func append(_ header: RecordingHeader, to bytes: inout [UInt8]) {
        var writer = JSONWriter(appendingTo: bytes)
        writer.open("{")
        writer.key("breakertop_recording")
        writer.open("{")
        writer.field("major", RecordingHeader.major)
        writer.field("minor", header.minor)
        writer.close("}")
        writer.field("started", header.started)
        writer.field("program", header.program, limit: RecordingLimits.nameBytes)
        writer.field("redacted", header.isRedacted)
        writer.close("}")
        writer.raw("\n")
        bytes = writer.bytes
    }

    /// A line without a source.
    private func line(_ at: Milliseconds, _ bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        swap(&writer.bytes, &bytes)
        writer.open("{")
        writer.field("at", at)
        body(&writer)
        writer.close("}")
        writer.raw("\n")
        swap(&writer.bytes, &bytes)
    }

    private mutating func line(
        _ at: Milliseconds, _ source: SourceID, _ bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void
    ) {
        let number = number(of: source, at, &bytes)
        line(at, &bytes) { writer in
            writer.field("src", number)
            body(&writer)
        }
    }

    private mutating func number(of source: SourceID, _ at: Milliseconds, _ bytes: inout [UInt8]) -> Int64 {
        if let known = numbers[source] { return known }
        let number = Int64(numbers.count + 1)
        numbers[source] = number
        line(at, &bytes) { writer in
            writer.field("src", number)
            writer.field("source", source.name, limit: RecordingLimits.nameBytes)
        }
        return number
    }

    func append(clock: TelemetryInstant, to bytes: inout [UInt8]) {
        line(clock.up, &bytes) { $0.field("clock", clock.t) }
    }

    func append(missedFrom from: Milliseconds, to: Milliseconds, into bytes: inout [UInt8]) {
        line(to, &bytes) { writer in
            writer.key("missed")
            writer.open("{")
            writer.field("from", from)
            writer.field("to", to)
            writer.close("}")
        }
    }

    /// A line that says nothing but that nothing more happened up to then.
    func append(end at: Milliseconds, to bytes: inout [UInt8]) { line(at, &bytes) { _ in } }

    func appendKeyframe(_ now: TelemetryInstant, to bytes: inout [UInt8]) {
        line(now.up, &bytes) { writer in
            writer.key("keyframe")
            writer.open("{")
            writer.field("t", now.t)
            writer.field("memory", Memento.version)
            writer.close("}")
        }
    }

    func appendKeyframeEnd(_ at: Milliseconds, to bytes: inout [UInt8]) {
        line(at, &bytes) { $0.field("keyframe", nil as Int64?) }
    }

    /// Lines of the protocol, wrapped one by one; the first one carries how many bytes came for all of them.
    mutating func append(
        _ text: ServiceMessage, of source: SourceID, at: Milliseconds, size: Int = 0, to bytes: inout [UInt8]
    ) {
        message.removeAll(keepingCapacity: true)
        encoder.append(text, to: &message)
        var size = size
        for text in message.split(separator: UInt8(ascii: "\n")) {
            line(at, source, &bytes) { writer in
                if size > 0 { writer.field("bytes", Int64(size)) }
                writer.key("line")
                writer.bytes += text
            }
            size = 0
        }
    }

    mutating func append(
        _ memento: Memento, of what: RecordedLine.MemoryOf, _ source: SourceID?, at: Milliseconds,
        to bytes: inout [UInt8]
    ) {
        func write(_ writer: inout JSONWriter) {
            switch what {
            case .source: writer.field("memory", "source", limit: 16)
            case .process: writer.field("memory", "process", limit: 16)
            case .fleet: writer.field("memory", "fleet", limit: 16)
            case .flows: writer.field("memory", "flows", limit: 16)
            case .circuit(let id):
                writer.field("memory", "circuit", limit: 16)
                writer.field("circuit", id)
            }
            writer.key("values")
            writer.open("[")
            for value in memento.values {
                switch value {
                case .null: writer.element(nil)
                case .number(let number): writer.element(number)
                case .text(let text): writer.element(text, limit: RecordingLimits.nameBytes)
                }
            }
            writer.close("]")
        }
        if let source {
            line(at, source, &bytes, write)
        } else {
            line(at, &bytes, write)
        }
    }

    mutating func append(_ observation: Observation, to bytes: inout [UInt8]) {
        let (at, source, size) = (observation.at.up, observation.source, observation.bytes)
        if let message = observation.fact.message {
            return append(message, of: source, at: at, size: size, to: &bytes)
        }
        line(at, source, &bytes) { writer in
            if size > 0 { writer.field("bytes", Int64(size)) }
            observation.fact.write(to: &writer)
        }
    }
}

extension Observation.Fact {
    /// The protocol's line that says the same; `nil` = it is the monitor's own.
    fileprivate var message: ServiceMessage? {
        switch self {
        case .source(.greeted(let identity, let actions)): .hello(Hello(identity: identity, actions: actions))
        case .source(.ready): .ready
        case .source(.stopped(let reason)): .bye(reason: reason)
        case .circuit(let description): .circuit(description)
        case .sample(let sample, let isEnd):
            .sample(Sample(at: sample.at, seq: sample.seq, rows: sample.rows, isEnd: isEnd))
        case .event(let event, let replayed): .event(event, replayed: replayed)
        case .gap(let from, let to): .gap(Gap(from: from, to: to))
        case .histogram(let circuit, let latency, let at):
            .histogram(Histogram(circuit: circuit, at: at, latency: latency))
        case .complaint(let code, let message): .error(ErrorMessage(code: code, message: message))
        case .source, .origin, .link, .foreign: nil
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .foreign(let line):
            writer.key("line")
            writer.bytes += line
        case .source(.connecting): writer.field("phase", "connecting", limit: 16)
        case .source(.removed): writer.field("phase", "removed", limit: 16)
        case .source(.lost(let reason)):
            writer.field("phase", "lost", limit: 16)
            writer.field("reason", reason, limit: RecordingLimits.nameBytes)
        case .source(.subscribed(let interval, let mayOperate)):
            writer.field("phase", "subscribed", limit: 16)
            writer.field("interval_ms", interval)
            writer.field("may_operate", mayOperate)
        case .origin(let origin):
            writer.key("origin")
            writer.open("{")
            writer.field("kind", origin.kind.rawValue, limit: 16)
            writer.key("labels")
            writer.open("{")
            for (name, value) in origin.labels.sorted(by: { $0.key < $1.key }) {
                writer.element(name, limit: RecordingLimits.nameBytes)
                writer.raw(":")
                writer.valueFollows()
                writer.element(value, limit: RecordingLimits.nameBytes)
            }
            writer.close("}")
            writer.field("owner", origin.owner.map(Int64.init))
            writer.field("found", origin.isFound)
            writer.close("}")
        case .link(let link):
            writer.key("link")
            writer.open("{")
            writer.field("protocol_minor", link.protocolMinor)
            writer.key("certificate_names")
            writer.open("[")
            for name in link.certificateNames { writer.element(name, limit: RecordingLimits.nameBytes) }
            writer.close("]")
            writer.field("certificate_expires", link.certificateExpires)
            writer.field("own_certificate_expires", link.ownCertificateExpires)
            writer.close("}")
        default: break
        }
    }
}
