// SPDX-License-Identifier: Apache-2.0

import Fleet

/// What the manual page tells beside the commands.
enum ManualText {
    struct Part: Sendable {
        var title: String
        var entries: [(name: String, text: String)]
    }

    static let keys = "In the dashboard; not every view has all of them."

    static let signs = "What stands on the dashboard."

    static let filter = (["What the key / asks for."] + QueryField.notes).joined(separator: "\n")

    static let commands = """
        In the dashboard, on the line that the key : opens. Tab completes, the arrow keys bring back what was typed before; \
        the beginning of a name is enough where no other begins so.
        """

    static let parts = [
        Part(
            title: "TARGETS",
            entries: [
                ("unix:PATH", "A Unix socket."),
                ("tcp:HOST:PORT", "A port of this machine, without encryption."),
                ("tls:HOST:PORT", "A port anywhere, behind TLS: see --ca, --cert, --key and --server-name."),
                ("dir:PATH", "All sockets of a folder, as they come and go."),
                (
                    "file:PATH",
                    "The targets that a JSON file in the form of Prometheus' file_sd lists; read again when it changes."
                ),
                ("srv:NAME, srv+tls:NAME", "The hosts and ports of a name's SRV records."),
                ("PATH", "A socket, a folder or a .json file: what is there decides."),
            ]),
        Part(
            title: "ENVIRONMENT",
            entries: [
                (
                    "BREAKERTOP_TARGETS",
                    "What to follow where neither --target nor --dir does say; spaces or commas between."
                ),
                ("BREAKERTOP_DIR", "The folder of sockets that is looked into first where no target is named."),
                ("BREAKERTOP_OPERATOR", "Your name for the audit, unless --as says another; else USER."),
                ("XDG_RUNTIME_DIR", "Its folder breakertop is looked into as well."),
                ("XDG_STATE_HOME", "Where the dashboard keeps the arrangement of its table; else ~/.local/state."),
                ("TZ", "The local zone of watch --local."),
            ]),
        Part(
            title: "FILES",
            entries: [
                ("/run/breakertop/", "Sockets of services of the system."),
                (
                    "$XDG_STATE_HOME/breakertop/dashboard",
                    "Columns, order and groups as the last dashboard had them; the options are stronger."
                ),
                ("$XDG_RUNTIME_DIR/breakertop/", "Sockets of the user's services."),
                ("/tmp/breakertop-<uid>/", "Sockets of the user's services where there is no such folder."),
            ]),
        Part(
            title: "EXAMPLES",
            entries: [
                ("breakertop list --json 'orders/pay*'", "The payment circuits of all instances of orders, as JSON."),
                (
                    "breakertop open orders-2/payments --for 10m --reason 'INC-42'",
                    "Force one circuit open; the service refuses its calls for ten minutes."
                ),
                ("breakertop open 'orders/*' --for 10m --dry-run", "See what would be sent to whom."),
                ("breakertop clear 'orders/*' --yes", "Drop the overrides of all circuits of orders, from a script."),
                ("breakertop watch --json | jq -c 'select(.type == \"state\")'", "Follow the changes of state."),
                (
                    "breakertop -t tls:orders.example.org:7070 --ca ca.pem --cert ann.pem --key ann.key",
                    "The dashboard of a service on another machine, as somebody whom its certificate names."
                ),
                ("breakertop check --fail-on open,stale --min-sources 3", "For cron and monitoring."),
                (
                    "breakertop --generate-completion-script bash > ~/.local/share/bash-completion/completions/breakertop",
                    "Complete commands, options and circuits in bash; zsh and fish likewise."
                ),
            ]),
    ]
}
