// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc

/// What this process has allocated. For tests in a process of their own.
package enum Heap {
    /// Memory that was allocated and not freed, in KiB.
    ///
    /// The C library's own count: what the process occupies depends on where the free places are as well.
    package static var inUse: Int {
        typealias Report = @convention(c) (CInt, UnsafeMutablePointer<FILE>?) -> CInt
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "malloc_info") else { return -1 }
        var (text, length) = (nil as UnsafeMutablePointer<CChar>?, 0)
        guard let file = open_memstream(&text, &length) else { return -1 }
        _ = unsafeBitCast(symbol, to: Report.self)(0, file)
        fclose(file)
        defer { free(text) }
        // The totals over all arenas come last.
        let report = text.map { String(cString: $0) } ?? ""
        func total(_ name: String) -> Int {
            report.split(separator: "\n").last { $0.hasPrefix("<\(name)") }
                .flatMap { $0.split(separator: "\"").last { Int($0) != nil } }.flatMap { Int($0) } ?? -1
        }
        let free = total("total type=\"fast\"") + total("total type=\"rest\"")
        return (total("system type=\"current\"") + total("total type=\"mmap\"") - free) / 1_024
    }

    /// Lets processes that are started from now on keep nothing of what is freed in caches of their threads, where the C
    /// library counts it as in use.
    package static func startWithoutCaches() { setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1) }

    /// Lets Swift Testing take no backtraces of thrown errors, which it keeps until the test ends.
    package static func keepNoBacktraces() {
        for hook in ["_swift_willThrow", "_swift_willThrowTypedImpl"] {
            dlsym(dlopen(nil, RTLD_NOW), hook)?.storeBytes(of: 0, as: UInt.self)
        }
    }
}
#endif
