// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Counts what this thread takes from the heap, as far as the counter of `count-allocations.c` is loaded.
package struct Allocations {
    private let counter: @convention(c) () -> UInt

    /// `nil` when the counter is not loaded.
    package init?() {
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "allocations_of_this_thread") else { return nil }
        counter = unsafeBitCast(symbol, to: (@convention(c) () -> UInt).self)
    }

    /// How often something was allocated, or enlarged, while the work was done.
    package func during(_ work: () throws -> Void) rethrows -> Int {
        let before = counter()
        try work()
        return Int(counter() - before)
    }
}
