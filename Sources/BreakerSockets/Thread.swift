// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs a function that may block on a thread of its own, which ends with it. `false` when the system has none left.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let work = Unmanaged.passRetained(ThreadWork(body))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, work.toOpaque())
    guard result == 0 else {
        work.release()
        return false
    }
    pthread_detach(thread)
    return true
}

/// A function, as an object that a C function can carry.
private final class ThreadWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
