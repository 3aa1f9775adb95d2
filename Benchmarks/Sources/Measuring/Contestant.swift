// SPDX-License-Identifier: Apache-2.0

/// One of those whose speed is compared: the same work, done by different means.
package struct Contestant {
    package var name: String
    /// Does the work so many times and returns the CPU time that it took, in nanoseconds.
    package var measure: (_ repeats: Int) throws -> Int64

    package init(_ name: String, measure: @escaping (_ repeats: Int) throws -> Int64) {
        self.name = name
        self.measure = measure
    }

    /// Work in this thread, with what it takes to get ready left out.
    package init(_ name: String, work: @escaping () throws -> Void) {
        self.init(name) { repeats in
            let start = ThreadClock.now
            for _ in 0..<repeats { try work() }
            return ThreadClock.now - start
        }
    }
}
