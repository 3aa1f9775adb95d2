// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Foundation
import Testing

/// One message of either side.
enum AnyMessage: Sendable, Hashable {
    case service(ServiceMessage)
    case monitor(MonitorMessage)

    /// The line, with its LF.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .service(let message): MessageEncoder().append(message, to: &bytes)
        case .monitor(let message): MessageEncoder().append(message, to: &bytes)
        }
        return bytes
    }

    /// Reads a line as coming from the same side as this message, after a `hello` with all columns.
    func decodedLikeThis(_ line: some Collection<UInt8>) throws(WireError) -> AnyMessage {
        switch self {
        case .service: .service(try decodeService(line))
        case .monitor: .monitor(try decodeMonitor(line))
        }
    }
}

/// Reads one line of a service that announced these columns.
func decodeService(
    _ line: some Collection<UInt8>, columns: [String] = allColumns
) throws(WireError) -> ServiceMessage {
    var decoder = columns == allColumns ? decoderOfAllColumns : decoder(of: columns)
    return try decoder.decode(copying: line)
}

let allColumns = Field.allCases.map(\.name)
private let decoderOfAllColumns = decoder(of: allColumns)

private func decoder(of columns: [String]) -> ServiceMessageDecoder {
    var decoder = ServiceMessageDecoder()
    var hello: [UInt8] = []
    MessageEncoder().append(.hello(Hello(identity: Golden.identity, columns: columns, actions: [])), to: &hello)
    do { _ = try decoder.decode(copying: hello.dropLast()) } catch { Issue.record("the hello was refused: \(error)") }
    return decoder
}

func decodeMonitor(_ line: some Collection<UInt8>) throws(WireError) -> MonitorMessage {
    try withExactCopy(of: line) { bytes throws(WireError) in try MonitorMessageDecoder().decode(bytes) }
}

extension ServiceMessageDecoder {
    mutating func decode(copying line: some Collection<UInt8>) throws(WireError) -> ServiceMessage {
        try withExactCopy(of: line) { bytes throws(WireError) in try decode(bytes) }
    }
}

/// Lends an allocation that ends with the last byte, so that reading past it is found by a sanitizer.
private func withExactCopy<Result>(
    of line: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) throws(WireError) -> Result
) throws(WireError) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: line.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: line)
    return try body(UnsafeRawBufferPointer(copy))
}

/// The messages that the protocol page shows, as values; their bytes lie in `Golden/<name>.json`.
enum Golden {
    static let names = all.map(\.name)

    static func message(_ name: String) throws -> AnyMessage {
        try #require(all.first { $0.name == name }?.message)
    }

    /// The bytes of a golden file, with the LF.
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    static func fileNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).map { String($0.dropLast(".json".count)) }
    }

    private static var folder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    }
}
