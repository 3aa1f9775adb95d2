// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

extension Rule {
    /// The service's first line.
    static let hello: [Rule] = [
        Rule("hello-first", "Conversation", "The service speaks first, and its first line is `hello`, said once.") {
            record throws(Finding) in
            let watch = try record[.watch]
            guard let first = watch.known.first else {
                throw watch.broken(
                    watch.sent.isEmpty ? "closed without a word" : "nothing came before `subscribe` or after")
            }
            guard first.type == "hello" else { throw watch.broken("the first line must be `hello`", first) }
            if let sent = watch.sent.first, sent.at < first.at {
                throw watch.broken("it came only after `subscribe`", first)
            }
            for transcript in record.transcripts {
                let hellos = transcript.all("hello")
                if hellos.count > 1 { throw transcript.broken("a second `hello`", hellos[1]) }
                if let first = transcript.known.first, first.type != "hello" {
                    throw transcript.broken("the first line must be `hello`", first)
                }
            }
        },
        Rule("socket-mode", "Where", "A Unix socket has mode 0600, or 0660 for a group: nobody else may connect.") {
            record throws(Finding) in
            let watch = try record[.watch]
            guard let mode = record.socketMode else { throw .notTested("it is no Unix socket") }
            guard mode == 0o600 || mode == 0o660 else {
                throw watch.broken("the socket has mode 0\(String(mode, radix: 8))")
            }
        },
        Rule("protocol-version", "Versions", "The `hello` names protocol major 1 and a minor.", in: .watch) {
            watch throws(Finding) in
            let hello = try watch.needed("hello")
            let version = hello.json?["protocol"]
            guard version?["major"]?.integer == 1, (version?["minor"]?.integer ?? -1) >= 0 else {
                throw watch.broken("`protocol` must have `major` 1 and a `minor` from 0", hello)
            }
        },
        Rule("hello-boot", "hello", "`boot` is 16 hexadecimal digits.", in: .watch) { watch throws(Finding) in
            let hello = try watch.needed("hello")
            let boot = hello.json?["boot"]?.string ?? ""
            guard boot.utf8.count == 16, boot.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                throw watch.broken("`boot` must be 16 hexadecimal digits", hello)
            }
        },
        Rule("hello-columns", "hello", "`columns` holds `id`, no known name twice, at most 256.", in: .watch) {
            watch throws(Finding) in
            let hello = try watch.needed("hello")
            guard let columns = hello.json?["columns"]?.strings else {
                throw watch.broken("`columns` must be a list of names", hello)
            }
            guard columns.count <= WireBounds.columns else { throw watch.broken("\(columns.count) columns", hello) }
            let known = columns.filter { Field(name: $0) != nil }
            guard known.contains("id") else { throw watch.broken("no column `id`", hello) }
            if let twice = Set(known).first(where: { name in known.count(where: { $0 == name }) > 1 }) {
                throw watch.broken("the column `\(twice)` is there twice", hello)
            }
        },
        Rule(
            "hello-fields", "hello", "`service` and `instance` are not empty; every field has its type and bounds.",
            in: .watch
        ) {
            watch throws(Finding) in
            let hello = try watch.needed("hello")
            // What other rules judge is no matter of this one.
            guard let fields = hello.json, case .object(let members) = fields else { return }
            for name in ["service", "instance"] where fields[name]?.string?.isEmpty ?? true {
                throw watch.broken("`\(name)` must be a text that is not empty", hello)
            }
            guard let actions = fields["actions"]?.strings, actions.count <= WireLimits.actions else {
                throw watch.broken("`actions` must be a list of at most \(WireLimits.actions) words", hello)
            }
            let texts = members.filter { ["service", "instance", "env", "version", "host"].contains($0.key) }
            for field in texts where !field.value.isNull {
                guard let text = field.value.string, text.utf8.count <= ServiceIdentity.maximumNameLength else {
                    throw watch.broken("`\(field.key)` must be a text of at most 200 bytes", hello)
                }
            }
            for name in ["pid", "started"] {
                guard let value = fields[name], !value.isNull else { continue }
                guard value.integer != nil else { throw watch.broken("`\(name)` must be an integer", hello) }
            }
            if let keeps = fields["keeps_overrides"], !keeps.isNull, keeps.bool == nil {
                throw watch.broken("`keeps_overrides` must be true or false", hello)
            }
        },
        Rule(
            "same-hello", "hello",
            "Within a boot every connection is told the same service, instance, boot and columns."
        ) {
            record throws(Finding) in
            let first = try record[.watch].needed("hello")
            var others = 0
            for transcript in record.transcripts {
                guard let hello = transcript.first("hello") else { continue }
                for name in ["service", "instance", "boot", "columns"] where hello.json?[name] != first.json?[name] {
                    throw transcript.broken("`\(name)` is another than in the first connection's hello", hello)
                }
                others += 1
            }
            guard others > 1 else { throw .notTested("no second connection came about") }
        },
    ]
}
