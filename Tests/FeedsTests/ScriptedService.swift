// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Synchronization

/// A service that says what a test wants to whoever connects.
enum ScriptedService {
    /// Listens while a body runs; every connection is talked to by the script.
    static func run(
        on place: ListeningPlace, script: @escaping @Sendable (LineConnection) async throws -> Void,
        _ body: (Endpoint) async throws -> Void
    ) async throws {
        try await withListener(on: place) { listener in
            let endpoint = listener.endpoint
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await serve(listener, script) }
                try await body(endpoint)
                group.cancelAll()
                try? await group.waitForAll()
            }
        }
    }

    private static func serve(
        _ listener: Listener, _ script: @escaping @Sendable (LineConnection) async throws -> Void
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await incoming in listener {
                group.addTask { try? await incoming.run { try await script($0) } }
            }
        }
    }

    static func hello(service: String = "s", boot: String = "00000000000000aa", columns: String = #""id""#) -> String {
        #"{"type":"hello","protocol":{"major":1,"minor":7},"service":"\#(service)","instance":"1","boot":"\#(boot)","#
            + #""columns":[\#(columns)],"actions":["clear"]}"# + "\n"
    }

    static let subscribed =
        #"{"type":"subscribed","interval_ms":60000,"role":"operator","limits":{"line_bytes":65536,"#
        + #""commands_per_second":9}}"# + "\n"

    static func circuit(_ id: Int, name: String) -> String {
        #"{"type":"circuit","id":\#(id),"name":"\#(name)","rule":{"name":"failure_ratio"}}"# + "\n"
    }

    static func sample(up: Int, rows: String = "") -> String {
        #"{"type":"sample","t":1,"up_ms":\#(up),"seq":0,"rows":[\#(rows)],"end":true}"# + "\n"
    }

    static let ready = #"{"type":"ready"}"# + "\n"
}

extension LineConnection {
    func say(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Says a text and then only listens.
    func say(andListen text: String) async throws {
        try await say(text)
        for try await _ in lines {}
    }
}
