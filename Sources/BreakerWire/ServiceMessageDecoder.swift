// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Reads what a service says, one line after the other.
///
/// It remembers the columns of the `hello`, by which rows are read; a new connection takes a new decoder. Whatever the bytes are, it
/// returns a message or throws; it keeps nothing of the line.
package struct ServiceMessageDecoder: Sendable {
    private var columns: RowColumns?

    package init() {}

    /// Reads one line without its LF.
    package mutating func decode(_ line: UnsafeRawBufferPointer) throws(WireError) -> ServiceMessage {
        var rows: [CircuitRow] = []
        return try decode(line, reusing: &rows)
    }

    /// Reads one line without its LF, and allocates nothing for a sample whose rows fit into the room of earlier ones.
    ///
    /// - Parameter rows: Of no more use, such as those of the sample before. A sample takes their room; after other messages it is left.
    package mutating func decode(
        _ line: UnsafeRawBufferPointer, reusing rows: inout [CircuitRow]
    ) throws(WireError) -> ServiceMessage {
        let start = try JSONReader(line)
        // Most lines are samples; they are read in one pass, and so are apart from the rest.
        if try start.beginsWithType("sample") { return .sample(try sample(start, &rows)) }
        var reader = start
        let fields = try JSONFields(&reader, "message")
        try reader.finish()
        let type = try fields.name("type")
        switch type {
        case "hello": return .hello(try hello(fields.renamed("hello")))
        case "subscribed": return .subscribed(try Subscribed(fields.renamed("subscribed")))
        case "circuit": return .circuit(try CircuitDescription(fields.renamed("circuit")))
        case "event": return try ServiceMessage(event: fields.renamed("event"))
        case "sample": return .sample(try sample(start, &rows))
        case "histogram": return .histogram(try Histogram(fields.renamed("histogram")))
        case "ready": return .ready
        case "gap": return .gap(try Gap(fields.renamed("gap")))
        case "result": return .result(try CommandResult(fields.renamed("result")))
        case "error": return .error(try ErrorMessage(fields.renamed("error")))
        case "bye": return .bye(reason: try fields.renamed("bye").freeText("reason"))
        default: return .unknown(type: type)
        }
    }

    private func sample(_ reader: JSONReader, _ rows: inout [CircuitRow]) throws(WireError) -> Sample {
        guard let columns else {
            throw WireError(.unexpected, "a sample came before the hello, which names its columns")
        }
        return try SampleDecoder(columns: columns).decode(reader, reusing: &rows)
    }

    private mutating func hello(_ fields: JSONFields) throws(WireError) -> Hello {
        let hello = try Hello(fields)
        columns = RowColumns(names: hello.columns)
        return hello
    }
}

extension JSONReader {
    /// Whether the line's first field is `type` with this value. `false` also when the line is broken: the full reading says how.
    fileprivate func beginsWithType(_ type: StaticString) throws(WireError) -> Bool {
        var reader = self
        try reader.open("{")
        guard let key = try reader.nextKey(), reader.matches(key, "type"), reader.peek() == UInt8(ascii: "\"") else {
            return false
        }
        return reader.matches(try reader.text(), type)
    }
}

extension Hello {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        // First of all: another major version may mean anything by the rest.
        let version = try ProtocolVersion(fields)
        let identity = ServiceIdentity(
            service: try fields.name("service"),
            instance: try fields.name("instance"),
            boot: try fields.boot("boot"),
            environment: try fields.optionalName("env"),
            version: try fields.optionalName("version"),
            pid: try fields.integer("pid", in: JSONFields.natural) ?? 0,
            host: try fields.optionalName("host"),
            started: try fields.integer("started") ?? 0,
            keepsOverrides: try fields.bool("keeps_overrides")
        )
        let limit = ServiceIdentity.maximumNameLength
        let columns = try fields.texts("columns", limit: limit, atMost: WireLimits.columns)
        let actions = try fields.texts("actions", limit: limit, atMost: WireLimits.actions)
        self.init(
            version: version,
            identity: identity,
            columns: try fields.required("columns", columns),
            actions: try fields.required("actions", actions)
        )
        try checkColumns()
    }

    private func checkColumns() throws(WireError) {
        let known = columns.filter { Field(name: $0) != nil }
        guard known.contains(Field.id.name) else {
            throw WireError(.badValue, "hello.columns lacks `id`; rows could not be told apart")
        }
        guard Set(known).count == known.count else {
            throw WireError(.badValue, "hello.columns names a column twice")
        }
    }
}

extension ProtocolVersion {
    fileprivate init(_ hello: JSONFields) throws(WireError) {
        let fields = try hello.required("protocol", try hello.object("protocol", "hello.protocol"))
        let major = try fields.natural("major")
        guard major == ProtocolVersion.current.major else {
            throw WireError(
                .unsupportedVersion,
                "the service speaks protocol \(major), this program only protocol \(ProtocolVersion.current.major); "
                    + "update the \(major > ProtocolVersion.current.major ? "program" : "service")"
            )
        }
        self.init(major: major, minor: try fields.natural("minor"))
    }
}

extension Subscribed {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        let role = try fields.name("role")
        let limits = try fields.required("limits", try fields.object("limits", "subscribed.limits"))
        self.init(
            interval: try fields.positive("interval_ms"),
            // A role that a later version invents may do no more here than look.
            role: Role(rawValue: role) ?? .observer,
            limits: Limits(
                lineBytes: try limits.positive("line_bytes"),
                commandsPerSecond: try limits.natural("commands_per_second")
            )
        )
    }
}

extension Gap {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        let (from, to) = (try fields.positive("from"), try fields.positive("to"))
        guard from <= to else { throw WireError(.badValue, "gap.from is \(from), behind gap.to, \(to)") }
        self.init(from: from, to: to)
    }
}

extension CommandResult {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        let id = try fields.uuid("id")
        if try fields.required("ok", try fields.bool("ok")) {
            self.init(id: id, outcome: .success(try fields.natural("seq")))
        } else {
            let error = try fields.required("error", try fields.object("error", "result.error"))
            let code = CommandError.Code(rawValue: try error.name("code"))
            self.init(id: id, outcome: .failure(CommandError(code, try error.freeText("message"))))
        }
    }
}

extension ErrorMessage {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        self.init(
            code: try fields.name("code"),
            message: try fields.freeText("message"),
            line: try fields.integer("line", in: JSONFields.positive)
        )
    }
}
