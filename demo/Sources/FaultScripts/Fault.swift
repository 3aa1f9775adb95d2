// SPDX-License-Identifier: Apache-2.0

/// How an endpoint misbehaves at a moment.
public struct Fault: Sendable, Hashable {
    /// Which share of its requests fails, 0…1.
    public var failRatio: Double
    /// How long it waits before it answers, in milliseconds.
    public var stall: Int

    /// Creates a fault.
    public init(failRatio: Double = 0, stall: Int = 0) {
        self.failRatio = failRatio
        self.stall = stall
    }
}
