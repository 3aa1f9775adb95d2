// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Feeds
import Fleet
import Foundation

/// Where services are looked for, and in whose name.
struct SourceOptions: ParsableArguments {
    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp(
            "Look for services in this folder only (default: $BREAKERTOP_DIR, or else the usual places).",
            valueName: "folder"))
    var folder: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Your name for the audit, beside the authenticated user (default: $BREAKERTOP_OPERATOR or $USER).",
            valueName: "name"))
    var claimed: String?

    var operatorName: String {
        let environment = ProcessInfo.processInfo.environment
        return claimed ?? environment["BREAKERTOP_OPERATOR"] ?? environment["USER"] ?? ""
    }

    /// The feed of every service found, dated by this clock.
    func feed(_ clock: MonitorClock) -> FolderFeed {
        FolderFeed(folders: folder.map { [$0] }, client: "breakertop/\(Breakertop.version)", clock: clock)
    }
}
