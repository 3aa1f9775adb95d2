// SPDX-License-Identifier: Apache-2.0

import FaultScripts
import FlyingFox
import FlyingSocks
import Foundation

/// A service's HTTP side: its endpoints, each with the faults that the script has for it.
struct ServiceServer: Sendable {
    let name: ServiceName
    private let server: HTTPServer
    private let script: FaultScript
    private let start: Date

    init(_ name: ServiceName, ports: Ports, script: FaultScript, start: Date) throws {
        self.name = name
        self.script = script
        self.start = start
        server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: ports[name]), timeout: 10, logger: .disabled)
    }

    /// Adds an endpoint; the handler gives the body of the answer.
    func on(_ endpoint: String, answer: @escaping @Sendable (HTTPRequest) async throws -> String) async {
        await server.appendRoute(HTTPRoute(endpoint)) { request in
            if let fault = script.fault(
                service: name.rawValue, endpoint: endpoint, at: Date.now.timeIntervalSince(start))
            {
                if fault.stall > 0 { try await Task.sleep(for: .milliseconds(fault.stall)) }
                if Double.random(in: 0..<1) < fault.failRatio {
                    return Self.response(.serviceUnavailable, #"{"error":"out of order"}"#)
                }
            }
            return Self.response(.ok, try await answer(request))
        }
    }

    /// Serves until the task is cancelled.
    func run() async throws {
        await server.appendRoute("GET /health") { _ in Self.response(.ok, "{}") }
        try await server.run()
    }

    private static func response(_ status: HTTPStatusCode, _ body: String) -> HTTPResponse {
        HTTPResponse(statusCode: status, headers: [.contentType: "application/json"], body: Data((body + "\n").utf8))
    }
}
