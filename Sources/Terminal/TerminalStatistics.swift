// SPDX-License-Identifier: Apache-2.0

/// What the screen has cost so far.
package struct TerminalStatistics: Hashable, Sendable {
    /// Frames that had at least one byte.
    package var frames = 0
    /// Bytes that the terminal took, of frames and of modes.
    package var bytes = 0
    /// `write` calls that took something.
    package var writes = 0

    package init() {}
}
