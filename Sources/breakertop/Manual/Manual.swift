// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `breakertop manual`: the manual page's source, for packagers: `breakertop manual > breakertop.1`.
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the manual page for man(1).")

    func run() throws {
        let page = ManualPage(tool: try ToolInfo.read()).text
        Output.write(page, to: STDOUT_FILENO)
    }
}
