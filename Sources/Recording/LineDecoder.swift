// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import BreakerWire
import Fleet

/// Reads lines of a recording. It remembers which number is which source, and a service's columns; each segment names both.
package struct LineDecoder {
    private var sources: [Int64: SourceID] = [:]
    private var decoders: [Int64: ServiceMessageDecoder] = [:]
    private var rows: [CircuitRow] = []
    /// Between the marks of a keyframe lines tell what is.
    private var isInKeyframe = false
    /// Whether what was remembered is of no use: who has come by way of playing remembers it himself.
    package var passesMemoriesOver = false
    /// The order of what the present keyframe remembers; `nil` = it remembers nothing. Another one than
    /// ``Memento/version`` is passed over.
    private(set) var memoryOrder: Int64?
    /// How far the monitor's wall clock is ahead of `at`.
    private var offset: Milliseconds = 0

    package init() {}

    /// The bounds of a time: some thousands of years around 1970, so that no arithmetic overflows.
    package static let times: ClosedRange<Int64> = -(1 << 47)...(1 << 47)

    /// Reads one line without its LF.
    ///
    /// - Throws: an error that says what is wrong with the line, and where.
    package mutating func decode(_ line: UnsafeRawBufferPointer) throws(WireError) -> (Milliseconds, RecordedLine) {
        var reader = try JSONReader(line, limit: RecordingLimits.lineBytes)
        try reader.open("{")
        var at: Milliseconds?
        var source: Int64?
        var size: Int64 = 0
        var isFirst = true
        while let key = try reader.nextKey() {
            if reader.matches(key, "at") {
                at = try time(&reader)
            } else if reader.matches(key, "src") {
                source = try number(&reader)
            } else if reader.matches(key, "bytes") {
                size = try number(&reader)
            } else if reader.matches(key, "line"), let at, let source {
                return (at, try message(line, &reader, at, source, size))
            } else if reader.matches(key, "memory"), let at {
                return (at, try memory(&reader, source))
            } else if isFirst, reader.matches(key, "breakertop_recording") {
                return (0, .header(try header(line)))
            } else {
                // One of the rare ones.
                return try other(line, size)
            }
            isFirst = false
        }
        return (at ?? 0, .unknown)
    }

    private func time(_ reader: inout JSONReader) throws(WireError) -> Milliseconds {
        let value = try number(&reader)
        guard Self.times.contains(value) else { throw WireError(.badValue, "at is \(value), which is no time") }
        return value
    }

    private func number(_ reader: inout JSONReader) throws(WireError) -> Int64 {
        _ = reader.peek()
        return try reader.integer()
    }

    private func instant(_ at: Milliseconds) -> TelemetryInstant { TelemetryInstant(t: at + offset, up: at) }

    private func source(_ number: Int64) throws(WireError) -> SourceID {
        guard let source = sources[number] else {
            throw WireError(.badValue, "src is \(number), a source that was not named before")
        }
        return source
    }

    // MARK: - What a service said

    private mutating func message(
        _ line: UnsafeRawBufferPointer, _ reader: inout JSONReader, _ at: Milliseconds, _ number: Int64, _ size: Int64
    ) throws(WireError) -> RecordedLine {
        let source = try source(number)
        _ = reader.peek()
        let start = reader.offset
        // As we write it, it is the last field.
        var message: ServiceMessage
        var inner = UnsafeRawBufferPointer(rebasing: line[start..<max(start, line.count - 1)])
        do {
            message = try decoders[number, default: ServiceMessageDecoder()].decode(inner, reusing: &rows)
            guard line.last == UInt8(ascii: "}") else { throw WireError(.malformed, "the line does not end with }") }
        } catch {
            try reader.skipValue()
            inner = UnsafeRawBufferPointer(rebasing: line[start..<reader.offset])
            message = try decoders[number, default: ServiceMessageDecoder()].decode(inner, reusing: &rows)
            while try reader.nextKey() != nil { try reader.skipValue() }
            try reader.finish()
        }
        if isInKeyframe { return .told(source, message) }
        let fact: Observation.Fact
        if case .unknown = message {
            fact = .foreign(Array(inner))
        } else if let known = Observation.Fact(message) {
            fact = known
        } else {
            return .unknown
        }
        return .observation(Observation(source: source, at: instant(at), fact: fact, bytes: Int(clamping: size)))
    }

    // MARK: - The rest

    private func header(_ line: UnsafeRawBufferPointer) throws(WireError) -> RecordingHeader {
        var reader = try JSONReader(line, limit: RecordingLimits.lineBytes)
        let fields = try JSONFields(&reader, "header")
        try reader.finish()
        let version = try fields.required(
            "breakertop_recording", try fields.object("breakertop_recording", "header.breakertop_recording"))
        let major = try version.natural("major")
        guard major == RecordingHeader.major else {
            throw WireError(
                .unsupportedVersion,
                "the file has format \(major), this program reads only format \(RecordingHeader.major); update the program"
            )
        }
        var header = RecordingHeader(
            started: try fields.required("started", try fields.integer("started", in: Self.times)),
            program: try fields.text("program", limit: RecordingLimits.nameBytes) ?? "",
            isRedacted: try fields.bool("redacted") ?? false)
        header.minor = try version.natural("minor")
        return header
    }

    private mutating func other(
        _ line: UnsafeRawBufferPointer, _ size: Int64
    ) throws(WireError) -> (Milliseconds, RecordedLine) {
        var reader = try JSONReader(line, limit: RecordingLimits.lineBytes)
        let fields = try JSONFields(&reader, "recorded")
        try reader.finish()
        let at = try fields.required("at", try fields.integer("at", in: Self.times))
        let number = try fields.integer("src", in: JSONFields.positive)
        if let name = try fields.text("source", limit: RecordingLimits.nameBytes), let number {
            guard sources.count < RecordingLimits.sources || sources[number] != nil else {
                throw WireError(.badValue, "there are more than \(RecordingLimits.sources) sources")
            }
            sources[number] = SourceID(name)
            return (at, .unknown)
        }
        if let t = try fields.integer("clock", in: Self.times) {
            offset = t - at
            return (at, .clock(instant(at)))
        }
        if let missed = try fields.object("missed", "recorded.missed") {
            let from = try missed.required("from", try missed.integer("from", in: Self.times))
            return (at, .missed(from: from, to: try missed.integer("to", in: Self.times) ?? at))
        }
        if try fields.value("keyframe") != nil { return (at, try keyframe(fields, at)) }
        guard let number, let fact = try fact(fields) else { return (at, .unknown) }
        let observation = Observation(
            source: try source(number), at: instant(at), fact: fact, bytes: Int(clamping: size))
        return (at, .observation(observation))
    }

    private mutating func keyframe(_ fields: JSONFields, _ at: Milliseconds) throws(WireError) -> RecordedLine {
        guard let keyframe = try fields.object("keyframe", "recorded.keyframe") else {
            isInKeyframe = false
            return .keyframeEnd
        }
        isInKeyframe = true
        (sources, decoders) = ([:], [:])
        let t = try keyframe.required("t", try keyframe.integer("t", in: Self.times))
        offset = t - at
        memoryOrder = try keyframe.integer("memory")
        return .keyframe(instant(at))
    }

    /// Most bytes of a keyframe are of these, and so they are read in one pass, in the order in which they are written.
    private func memory(_ reader: inout JSONReader, _ number: Int64?) throws(WireError) -> RecordedLine {
        let what = reader.string(try reader.text())
        var circuit: Int64?
        var memento: Memento?
        while let key = try reader.nextKey() {
            if reader.matches(key, "circuit") {
                circuit = try self.number(&reader)
            } else if reader.matches(key, "values"), !passesMemoriesOver, memoryOrder == Memento.version {
                memento = Memento(reading: try values(&reader))
            } else {
                try reader.skipValue()
            }
        }
        try reader.finish()
        guard let memento else { return .unknown }
        switch what {
        case "fleet": return .memory(nil, .fleet, memento)
        case "flows": return .memory(nil, .flows, memento)
        default: break
        }
        guard let number else { throw WireError(.missingField, "recorded.src is missing") }
        let source = try source(number)
        switch (what, circuit) {
        case ("source", _): return .memory(source, .source, memento)
        case ("process", _): return .memory(source, .process, memento)
        case ("circuit", let circuit?): return .memory(source, .circuit(circuit), memento)
        default: return .unknown
        }
    }

    private func values(_ reader: inout JSONReader) throws(WireError) -> [Memento.Value] {
        var values: [Memento.Value] = []
        try reader.open("[")
        while try reader.nextElement() {
            guard values.count < RecordingLimits.values else {
                throw WireError(.badValue, "recorded.values has more than \(RecordingLimits.values) entries")
            }
            switch reader.peek() {
            case UInt8(ascii: "n"):
                _ = try reader.skipNull()
                values.append(.null)
            case UInt8(ascii: "\""): values.append(.text(reader.string(try reader.text())))
            default: values.append(.number(try reader.integer()))
            }
        }
        return values
    }

    private func fact(_ fields: JSONFields) throws(WireError) -> Observation.Fact? {
        if let phase = try fields.text("phase", limit: 32) {
            switch phase {
            case "connecting": return .source(.connecting)
            case "removed": return .source(.removed)
            case "lost":
                return .source(.lost(reason: try fields.text("reason", limit: RecordingLimits.nameBytes) ?? ""))
            case "subscribed":
                return .source(
                    .subscribed(
                        interval: try fields.positive("interval_ms"),
                        mayOperate: try fields.bool("may_operate") ?? false))
            default: return nil
            }
        }
        if let origin = try fields.object("origin", "recorded.origin") { return .origin(try SourceOrigin(origin)) }
        if let link = try fields.object("link", "recorded.link") { return .link(try SourceLink(link)) }
        return nil
    }
}

extension SourceOrigin {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        var labels: [String: String] = [:]
        if var reader = try fields.opened("labels", "{") {
            while let key = try reader.nextKey() {
                guard labels.count < 256 else { throw fields.tooMany("labels", 256) }
                labels[reader.string(key)] = try reader.string(
                    limit: RecordingLimits.nameBytes, "recorded.origin", "labels")
            }
        }
        self.init(
            kind: SourceKind(rawValue: try fields.name("kind")) ?? .unix, labels: labels,
            owner: try fields.integer("owner", in: 0...Int64(UInt32.max)).map { UInt32($0) },
            isFound: try fields.bool("found") ?? false)
    }
}

extension SourceLink {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        self.init(
            protocolMinor: try fields.integer("protocol_minor", in: JSONFields.natural) ?? 0,
            certificateNames: try fields.texts("certificate_names", limit: RecordingLimits.nameBytes, atMost: 64) ?? [],
            certificateExpires: try fields.integer("certificate_expires"),
            ownCertificateExpires: try fields.integer("own_certificate_expires"))
    }
}

extension Observation.Fact {
    /// What a line of the protocol tells a monitor; `nil` = nothing.
    init?(_ message: ServiceMessage) {
        switch message {
        case .hello(let hello): self = .source(.greeted(hello.identity, actions: hello.actions))
        case .ready: self = .source(.ready)
        case .bye(let reason): self = .source(.stopped(reason: reason))
        case .circuit(let description): self = .circuit(description)
        case .sample(let sample):
            self = .sample(ProviderSample(at: sample.at, seq: sample.seq, rows: sample.rows), isEnd: sample.isEnd)
        case .event(let event, let replayed): self = .event(event, replayed: replayed)
        case .gap(let gap): self = .gap(from: gap.from, to: gap.to)
        case .histogram(let histogram):
            self = .histogram(circuit: histogram.circuit, histogram.latency, at: histogram.at)
        case .error(let error): self = .complaint(code: error.code, message: error.message)
        case .subscribed, .result, .unknown: return nil
        }
    }
}
