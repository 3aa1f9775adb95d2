// SPDX-License-Identifier: Apache-2.0

/// Where jitter gets its chance from: the system, or a seeded generator in a test.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private let draw: @Sendable () -> UInt64

    /// Creates a source from a function that returns 64 uniformly random bits. It may be called from several tasks at
    /// once.
    public init(_ draw: @escaping @Sendable () -> UInt64) {
        self.draw = draw
    }

    /// 64 random bits.
    public func next() -> UInt64 { draw() }

    /// The system's generator.
    public static let system = RandomSource { UInt64.random(in: .min ... .max) }
}
