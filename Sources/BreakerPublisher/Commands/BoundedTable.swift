// SPDX-License-Identifier: Apache-2.0

/// What is remembered of strangers, each by a key, in bounded number: those for whom there is no room share one value.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let maximumCount: Int
    private let shared: Key
    private var values: [Key: Value] = [:]

    /// - Parameter shared: the key of those beyond the maximum.
    init(maximumCount: Int, shared: Key) {
        self.maximumCount = maximumCount
        self.shared = shared
    }

    /// How many are remembered.
    var count: Int { values.count }

    /// Changes what is remembered of one.
    ///
    /// - Parameters:
    ///   - initial: what to begin with.
    ///   - isIdle: whether a value is as good as the initial one, so that it may be forgotten for want of room.
    mutating func update<Result>(
        _ key: Key, initial: Value, isIdle: (Value) -> Bool, _ change: (inout Value) -> Result
    ) -> Result {
        if values[key] == nil, values.count >= maximumCount { values = values.filter { !isIdle($0.value) } }
        let hasRoom = values[key] != nil || values.count < maximumCount
        return change(&values[hasRoom ? key : shared, default: initial])
    }
}
