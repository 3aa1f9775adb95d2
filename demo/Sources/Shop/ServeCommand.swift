// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerPublisher
import FaultScripts
import Foundation

/// One service of the shop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs one service until TERM, INT, HUP, or the end of its input when that is a pipe.")

    @Argument(help: "Which one: \(ServiceName.all.joined(separator: ", ")).")
    var service: ServiceName

    @Option(help: "The first of the five ports of the shop.")
    var basePort: UInt16

    @Option(help: "A fault script; without one, all goes well.")
    var faults: String?

    @Option(help: "When the shop started, in milliseconds since 1970: the second 0 of the fault script.")
    var startedAt: Int?

    @Option(help: "A folder in which overrides are kept over a restart; without one they end with the process.")
    var state: String?

    func validate() throws { try Ports.check(base: basePort) }

    func run() async throws {
        let lifeline = Lifeline()
        let script = try faults.map(FaultScript.load) ?? .calm
        let start = startedAt.map { Date(timeIntervalSince1970: Double($0) / 1_000) } ?? .now
        let ports = Ports(base: basePort)
        let server = try ServiceServer(service, ports: ports, script: script, start: start)
        let circuits = Circuits(service, state: state.map { URL(filePath: $0).standardizedFileURL.path })
        let publishes = service == .gateway || service == .orders
        switch service {
        case .gateway: await Gateway.open(server, circuits, ports: ports)
        case .orders: await Orders.open(server, circuits, ports: ports)
        case .payments, .inventory, .shipping: await Suppliers.open(server)
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                if publishes { group.addTask { try await Publisher(circuits.registry).run() } }
                group.addTask { _ = await lifeline.ending() }
                try await group.next()
                group.cancelAll()
            }
        } catch {
            Log.line(service.rawValue, "cannot serve on 127.0.0.1:\(ports[service]): \(error)")
            throw ExitCode.failure
        }
    }
}

extension FaultScript {
    /// Reads a script's file.
    ///
    /// - Throws: A sentence with the file's name.
    static func load(_ path: String) throws -> FaultScript {
        let text: Data
        do {
            text = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ValidationError("cannot read the fault script \(path)")
        }
        do {
            return try FaultScript(json: text, services: ServiceName.all)
        } catch {
            throw ValidationError("\(path): \(error.description)")
        }
    }
}
