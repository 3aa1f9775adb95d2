// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// An order shop in six processes that call each other over HTTP, to be watched and steered with `breakertop`.
@main
struct Shop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop",
        abstract: "An order shop with faults, for breakertop to watch.",
        discussion: """
            gateway → orders → payments, inventory, shipping; gateway → inventory. Each call goes behind a circuit.
            Everything listens on 127.0.0.1 only.
            """,
        subcommands: [RunCommand.self, ServeCommand.self, LoadCommand.self]
    )
}
