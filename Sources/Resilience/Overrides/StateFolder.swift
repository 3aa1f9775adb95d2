// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Makes a folder, for this user only, where it is missing and its parent exists; `true` when it was made.
func makeStateFolder(_ path: String) -> Bool { mkdir(path, 0o700) == 0 }

/// The descriptor of a folder in which nobody but this user and root can put anything; whoever calls closes it.
///
/// It is looked at through its descriptor, so that a symbolic link may lead to it: what counts is where it leads.
func openStateFolder(_ path: String) throws(OverrideFileError) -> CInt {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
        let number = errno
        var error = OverrideFileError(failedTo: "open folder '\(path)'", number)
        if number == ENOENT { error.message += "; make it, or mount what it is in" }
        throw error
    }
    do throws(OverrideFileError) {
        try checkStateFolder(folder, path)
        return folder
    } catch {
        close(folder)
        throw error
    }
}

private func checkStateFolder(_ folder: CInt, _ path: String) throws(OverrideFileError) {
    var status = stat()
    guard fstat(folder, &status) == 0 else { throw OverrideFileError(failedTo: "look at folder '\(path)'") }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
        throw OverrideFileError(
            .system,
            "folder '\(path)' belongs to uid \(status.st_uid), neither to uid \(geteuid()) nor to root;"
                + " use one of your own")
    }
    guard status.st_mode & 0o022 == 0 else {
        throw OverrideFileError(
            .system,
            "others may write to folder '\(path)' (mode \(String(status.st_mode & 0o7777, radix: 8)));"
                + " use one of your own, made by: mkdir -m 700 FOLDER")
    }
}
