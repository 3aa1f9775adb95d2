// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Recording

/// What a file holds that claims to be a recording: as such, and as lines that are not compressed, since frames have checksums.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    // A file as such may be anything.
    if let player = try? Player(bytes) { goAbout(player) }
    guard let player = try? Player(header + bytes) else {
        fatalError("broken promise: what has a header can be opened")
    }
    goAbout(player)
    return 0
}

private func goAbout(_ player: Player) {
    guard let end = try? player.end() else { fatalError("broken promise: what can be opened has an end") }
    let began = player.header.started
    for share in [0, 9, 4, 10] as [Int64] {
        let at = began.saturatingSum(end.saturatingDifference(began) / 10 * share)
        promise((try? player.seek(to: at)) != nil, "bad lines do not end the playing")
        promise(player.moment.at >= at, "going to a moment leads to it")
    }
    promise(player.complaints.count <= 100, "complaints are bounded")
    for words in player.complaints {
        promise(!words.isEmpty && !words.contains("\u{1B}"), "a complaint says something, and steers no terminal")
    }
}

private let header =
    Array(#"{"breakertop_recording":{"major":1,"minor":0},"started":1790000000000,"program":"x"}"#.utf8) + [0x0A]
