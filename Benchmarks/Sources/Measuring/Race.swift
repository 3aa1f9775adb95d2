// SPDX-License-Identifier: Apache-2.0

/// Contestants that take turns, so that a slow moment of the machine meets all of them.
package struct Race {
    /// How long each one works in a round, in nanoseconds.
    package static let turn: Int64 = 60_000_000

    private let contestants: [Contestant]

    package init(_ contestants: [Contestant]) { self.contestants = contestants }

    /// Runs so many rounds after one to get warm in, and gives each contestant's times.
    package func run(rounds: Int) throws -> [Result] {
        var results: [Result] = []
        for contestant in contestants {
            results.append(Result(name: contestant.name, repeats: try repeats(of: contestant)))
        }
        for _ in 0..<rounds {
            for (index, contestant) in contestants.enumerated() {
                let repeats = results[index].repeats
                results[index].times.append(Double(try contestant.measure(repeats)) / Double(repeats))
            }
        }
        return results
    }

    /// As many as fill a turn.
    private func repeats(of contestant: Contestant) throws -> Int {
        var repeats = 1
        while true {
            let time = try contestant.measure(repeats)
            if time > Self.turn / 4 { return max(1, Int(Int64(repeats) * Self.turn / time)) }
            repeats *= 2
        }
    }

    /// What one contestant needed.
    package struct Result {
        package let name: String
        let repeats: Int
        /// Nanoseconds for the work done once, one per round.
        package fileprivate(set) var times: [Double] = []

        package var minimum: Double { times.min() ?? .nan }
        package var median: Double { times.sorted()[times.count / 2] }
        /// How far the slowest round lies above the fastest, as a share of that.
        package var spread: Double { ((times.max() ?? .nan) - minimum) / minimum }
    }
}
