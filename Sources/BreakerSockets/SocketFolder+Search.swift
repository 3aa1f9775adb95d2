// SPDX-License-Identifier: Apache-2.0

package import Glibc

extension SocketFolder {
    /// The folder of system services.
    package static let system = "/run/breakertop"

    /// Where metrics sockets may be, first choice first, without looking.
    ///
    /// A publisher takes the first that it can use; a monitor looks into all of them.
    package static func searchOrder(
        environment name: (String) -> String? = variable, user: uid_t = geteuid(), system: String = system
    ) -> [String] {
        var folders: [String] = []
        if let chosen = name("BREAKERTOP_DIR"), !chosen.isEmpty { folders.append(chosen) }
        folders.append(system)
        if let runtime = name("XDG_RUNTIME_DIR"), !runtime.isEmpty { folders.append("\(runtime)/breakertop") }
        folders.append("/tmp/breakertop-\(user)")
        return folders
    }

    /// The folder to publish in, created where it does not exist, except the system's: who made that one for the
    /// services of one user would shut out all others.
    ///
    /// `$BREAKERTOP_DIR` is taken at its word; of the others, one that exists but that this user may not write to, or
    /// whose parent is missing, is passed over. One that could be used but is not safe is an error, not a reason to go
    /// on.
    package static func forPublishing(
        environment name: (String) -> String? = variable, user: uid_t = geteuid(), system: String = system,
        for group: SystemGroup? = nil
    ) throws(SocketError) -> SocketFolder {
        if let chosen = name("BREAKERTOP_DIR"), !chosen.isEmpty { return try create(chosen, for: group) }
        if mayBeWrittenTo(system) {
            let folder = try open(system)
            if let group { try folder.check(letsIn: group) }
            return folder
        }
        let candidates = searchOrder(
            environment: { $0 == "BREAKERTOP_DIR" ? nil : name($0) }, user: user, system: system)
        for path in candidates.dropFirst().dropLast() where isUsable(path) {
            return try create(path, for: group)
        }
        return try create(candidates[candidates.count - 1], for: group)
    }

    private static func isUsable(_ path: String) -> Bool {
        if access(path, F_OK) == 0 { return mayBeWrittenTo(path) }
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        return mayBeWrittenTo("/" + parent)
    }

    private static func mayBeWrittenTo(_ path: String) -> Bool { access(path, W_OK | X_OK) == 0 }

    /// An environment variable of this process.
    package static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
