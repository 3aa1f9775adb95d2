// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How many files and sockets this process may have open.
enum OpenFileLimit {
    /// What is kept for the terminal, for discovery and for connections that are just being made anew.
    static let reserve = 64

    /// Raises the limit as far as the system lets it, and gives how many connections fit below it.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 - reserve }
        if limit.rlim_cur < limit.rlim_max {
            var wanted = limit
            wanted.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = wanted }
        }
        return max(1, Int(clamping: limit.rlim_cur) - reserve)
    }
}
