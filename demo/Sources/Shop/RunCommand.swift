// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FaultScripts
import Foundation

/// The whole shop.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs all services and their customers until TERM, INT, HUP, or the end of whoever started it.",
        discussion: "A service that dies returns after 6 s; no process outlives this one, however it ends."
    )

    @Option(help: "A fault script; without one, all goes well.")
    var faults: String?

    @Option(help: "The first of five ports in a row; without it, free ones are looked for.")
    var basePort: UInt16?

    @Option(help: "Requests a second, 1…200.")
    var rate = 30

    @Option(help: "A folder in which services keep overrides over a restart; without one they end with their process.")
    var state: String?

    func validate() throws {
        if let basePort { try Ports.check(base: basePort) }
        guard (1...200).contains(rate) else { throw ValidationError("--rate must lie within 1…200 (is \(rate))") }
    }

    func run() async throws {
        let lifeline = Lifeline()
        if let faults { _ = try FaultScript.load(faults) }
        guard let base = basePort ?? FreePorts.find(count: ServiceName.allCases.count) else {
            throw ValidationError("no five free ports in a row; give --base-port")
        }
        var supervisor = Supervisor(
            ports: Ports(base: base), faults: faults, state: state, rate: rate, lifeline: lifeline)
        do {
            if try await supervisor.start() {
                Log.plain("shop is up: http://127.0.0.1:\(base)")
                await supervisor.watch()
            }
        } catch {
            Log.line("shop", "\(error)")
            await supervisor.stop()
            throw ExitCode.failure
        }
        await supervisor.stop()
    }
}
