// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// The protocol's bounds that the examination itself speaks of.
enum WireBounds {
    static let line = WireLimits.lineBytes
    static let depth = WireLimits.depth
    static let columns = WireLimits.columns
    static let integer = WireLimits.maximumInteger
    static let detail = WireLimits.detail
    /// The longest reason of a command, in characters.
    static let reason = Command.maximumTextLength
    /// The most rows in one line.
    static let rows = 256
    /// How many useless lines are answered before the connection is closed.
    static let errors = 100
    /// How long a service waits for `subscribe`.
    static let subscribeTime: Duration = .seconds(5)
}
