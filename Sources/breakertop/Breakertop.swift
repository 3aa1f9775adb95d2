// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line: the one place where feeds, model, screen and terminal are wired together.
@main
struct Breakertop: AsyncParsableCommand {
    static let version = "0.1.0"
    /// When the version was made, for the manual page.
    static let date = "2026-11-21"

    /// What help and manual page begin with.
    static let introduction = """
        Without a command it shows every circuit of every service that publishes on this machine, as it happens.

        Services are found by their sockets in $BREAKERTOP_DIR, /run/breakertop, $XDG_RUNTIME_DIR/breakertop and \
        /tmp/breakertop-<uid>; --target and --dir name other places, and those only.
        """

    static let configuration = CommandConfiguration(
        commandName: "breakertop",
        abstract: "htop for circuit breakers: watch running services, force a breaker, clear it.",
        discussion: "\(introduction)\n\nExit status:\n\(ExitStatus.table)",
        version: version,
        subcommands: [
            ShowDashboard.self, List.self, Watch.self, Check.self, Open.self, Close.self, Clear.self, Reset.self,
            Probe.self, MakeRecording.self, Replay.self, RecordingTools.self, Conform.self, Manual.self,
        ],
        defaultSubcommand: ShowDashboard.self
    )

    /// The commands that the help shows.
    static var commandNames: [String] {
        configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName } + ["help"]
    }
}
