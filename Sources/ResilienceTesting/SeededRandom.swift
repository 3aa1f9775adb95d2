// SPDX-License-Identifier: Apache-2.0

public import Resilience
import Synchronization

/// SplitMix64 (Steele, Lea, Flood: “Fast Splittable Pseudorandom Number Generators”, 2014): the same draws for the same
/// seed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates a generator.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension RandomSource {
    /// The draws of a seed, shared by all who draw from this value.
    public static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = Shared(SeededRandom(seed: seed))
        return RandomSource { generator.next() }
    }

    private final class Shared: Sendable {
        private let generator: Mutex<SeededRandom>

        init(_ generator: SeededRandom) {
            self.generator = Mutex(generator)
        }

        func next() -> UInt64 { generator.withLock { $0.next() } }
    }
}
