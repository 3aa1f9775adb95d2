// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line: the one place where feeds, model, screen and terminal are wired together.
@main
struct Breakertop: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "breakertop",
        abstract: "htop for circuit breakers: watch running services, force a breaker, clear it.",
        discussion: """
            Without a subcommand it shows every circuit of every service that publishes on this machine, as it happens.

            Services are found by their sockets in $BREAKERTOP_DIR, /run/breakertop, $XDG_RUNTIME_DIR/breakertop and \
            /tmp/breakertop-<uid>; --dir looks in one folder only.

            Exit status of the scripts' commands: 0 done, 1 refused by the service, 2 no such circuit or more than one, \
            3 no service to be reached, 64 wrong usage.
            """,
        version: version,
        subcommands: [Watch.self, List.self, Open.self, Clear.self, Reset.self],
        defaultSubcommand: Watch.self
    )
}
