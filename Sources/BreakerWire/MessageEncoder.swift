// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Writes messages as lines.
///
/// Every line is legal and within ``WireLimits``: texts that are too long are cut, integers beyond 2^53 − 1 drawn to that bound, and a
/// sample becomes as many lines as it needs.
package struct MessageEncoder: Sendable {
    package init() {}

    /// Appends what a service says, with the LF.
    package func append(_ message: ServiceMessage, to bytes: inout [UInt8]) {
        switch message {
        case .hello(let hello): line("hello", &bytes) { hello.write(to: &$0) }
        case .subscribed(let subscribed): line("subscribed", &bytes) { subscribed.write(to: &$0) }
        case .circuit(let circuit): line("circuit", &bytes) { circuit.write(to: &$0) }
        case .event(let event, let replayed): line("event", &bytes) { event.write(to: &$0, replayed: replayed) }
        case .sample(let sample):
            appendSample(at: sample.at, seq: sample.seq, rows: sample.rows, isEnd: sample.isEnd, to: &bytes)
        case .histogram(let histogram): line("histogram", &bytes) { histogram.write(to: &$0) }
        case .ready: line("ready", &bytes) { _ in }
        case .gap(let gap):
            line("gap", &bytes) {
                $0.field("from", gap.from)
                $0.field("to", gap.to)
            }
        case .result(let result): line("result", &bytes) { result.write(to: &$0) }
        case .error(let error): line("error", &bytes) { error.write(to: &$0) }
        case .bye(let reason): line("bye", &bytes) { $0.field("reason", reason, limit: WireLimits.textBytes) }
        case .unknown: break  // What was skipped cannot be said again.
        }
    }

    /// Appends what a monitor says, with the LF.
    package func append(_ message: MonitorMessage, to bytes: inout [UInt8]) {
        switch message {
        case .subscribe(let subscribe): line("subscribe", &bytes) { subscribe.write(to: &$0) }
        case .command(let command): line("command", &bytes) { command.write(to: &$0) }
        case .detail(let circuits): line("detail", &bytes) { $0.field("circuits", circuits.prefix(WireLimits.detail)) }
        case .unknown: break
        }
    }

    private func line(_ type: StaticString, _ bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        // The array changes hands instead of being copied.
        swap(&writer.bytes, &bytes)
        writer.open("{")
        writer.key("type")
        writer.raw("\"")
        writer.raw(type)
        writer.raw("\"")
        writer.valueEnded()
        body(&writer)
        writer.close("}")
        writer.raw("\n")
        swap(&writer.bytes, &bytes)
    }
}

extension Hello {
    fileprivate func write(to writer: inout JSONWriter) {
        let limit = ServiceIdentity.maximumNameLength
        writer.key("protocol")
        writer.open("{")
        writer.field("major", version.major)
        writer.field("minor", version.minor)
        writer.close("}")
        writer.field("service", identity.service, limit: limit)
        writer.field("instance", identity.instance, limit: limit)
        writer.field("boot", identity.boot, limit: limit)
        writer.field("env", identity.environment, limit: limit)
        writer.field("version", identity.version, limit: limit)
        writer.field("pid", identity.pid > 0 ? identity.pid : nil)
        writer.field("host", identity.host, limit: limit)
        writer.field("started", identity.started != 0 ? identity.started : nil)
        if let keeps = identity.keepsOverrides { writer.field("keeps_overrides", keeps) }
        for (name, texts) in [("columns" as StaticString, columns), ("actions", actions)] {
            writer.key(name)
            writer.open("[")
            for text in texts { writer.element(text, limit: limit) }
            writer.close("]")
        }
    }
}

extension Subscribed {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("interval_ms", interval)
        writer.field("role", role.rawValue, limit: ServiceIdentity.maximumNameLength)
        writer.key("limits")
        writer.open("{")
        writer.field("line_bytes", limits.lineBytes)
        writer.field("commands_per_second", limits.commandsPerSecond)
        writer.close("}")
    }
}

extension Histogram {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("circuit", circuit)
        writer.field("t", at.t)
        writer.field("up_ms", at.up)
        writer.key("buckets")
        writer.open("[")
        for (bucket, count) in latency.counts.enumerated() where count > 0 {
            writer.element(Int64(bucket))
            writer.element(count)
        }
        writer.close("]")
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: StaticString, _ circuits: some Sequence<Int64>) {
        key(name)
        open("[")
        for circuit in circuits { element(circuit) }
        close("]")
    }
}

extension CommandResult {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("id", id, limit: ServiceIdentity.maximumNameLength)
        switch outcome {
        case .success(let seq):
            writer.field("ok", true)
            writer.field("seq", seq)
        case .failure(let error):
            writer.field("ok", false)
            writer.key("error")
            writer.open("{")
            writer.field("code", error.code.rawValue, limit: ServiceIdentity.maximumNameLength)
            writer.field("message", error.message, limit: WireLimits.textBytes)
            writer.close("}")
        }
    }
}

extension ErrorMessage {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("code", code, limit: ServiceIdentity.maximumNameLength)
        writer.field("message", message, limit: WireLimits.textBytes)
        writer.field("line", line)
    }
}

extension Subscribe {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("client", client, limit: ServiceIdentity.maximumNameLength)
        writer.field("interval_ms", interval)
        if let filter { writer.field("filter", filter, limit: ServiceIdentity.maximumNameLength) }
        if !detail.isEmpty { writer.field("detail", detail.prefix(WireLimits.detail)) }
        if let eventsSince { writer.field("events_since", eventsSince) }
    }
}

extension Command {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("id", id, limit: ServiceIdentity.maximumNameLength)
        writer.field("boot", boot, limit: ServiceIdentity.maximumNameLength)
        writer.field("circuit", circuit)
        writer.field("action", action.rawValue, limit: ServiceIdentity.maximumNameLength)
        if action.isForce {
            switch lifetime {
            case .limited(let milliseconds): writer.field("for_ms", milliseconds)
            case .untilCleared: writer.field("for_ms", nil)
            case nil: break  // The service refuses it, and says why.
            }
        }
        writer.field("reason", reason, limit: WireLimits.textBytes)
        writer.field("operator", claimed, limit: WireLimits.textBytes)
        if let ifOverrideRevision { writer.field("if_override_rev", ifOverrideRevision) }
    }
}
