// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationNetworking

/// Calls one service over HTTP.
struct Backend: Sendable {
    private let service: String
    private let base: String
    private let session: URLSession

    init(_ service: ServiceName, ports: Ports) {
        self.service = service.rawValue
        base = "http://127.0.0.1:\(ports[service])"
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 10
        configuration.httpMaximumConnectionsPerHost = 64
        session = URLSession(configuration: configuration)
    }

    /// The body of the answer.
    ///
    /// - Throws: ``BackendError``; `CancellationError` when the task was cancelled.
    func call(_ method: String, _ path: String) async throws -> String {
        guard let url = URL(string: base + path) else { throw BackendError(description: "bad path: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        let (body, response): (Data, URLResponse)
        do {
            (body, response) = try await session.answer(to: request)
        } catch let error as URLError {
            if error.code == .cancelled { throw CancellationError() }
            let reason =
                error.code == .cannotConnectToHost ? "cannot connect" : "transport error \(error.code.rawValue)"
            throw BackendError(description: "\(service): \(reason)")
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) else {
            throw BackendError(description: "\(service): HTTP \(status)", status: status)
        }
        return String(decoding: body, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

/// Why a call to a service failed.
struct BackendError: Error, CustomStringConvertible {
    var description: String
    var status: Int?

    /// Whether the request itself was wrong, which says nothing about the service.
    var isOurFault: Bool { status.map { (400..<500).contains($0) } ?? false }
}
