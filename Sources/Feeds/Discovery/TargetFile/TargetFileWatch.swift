// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet

/// A list of targets over time: read anew when the file changes. Of a broken file the last good list holds.
struct TargetFileWatch: PlaceWatch {
    let path: String
    let pause: Duration
    private var version: TargetFileReading.Version?
    private var places: [Place] = []
    private var complaint: String?

    var source: SourceID { SourceID("file:\(path)") }
    var kind: SourceKind { .file }
    var closesWhatGoes: Bool { true }

    init(path: String, pause: Duration = .seconds(1)) {
        self.path = path
        self.pause = pause
    }

    mutating func look() async -> Look? {
        let (path, version) = (path, version)
        guard let reading = await onThreadOfItsOwn({ TargetFileReading.look(at: path, unless: version) }) else {
            return nil
        }
        take(reading)
        return Look(places: places, complaint: complaint, pause: pause)
    }

    private mutating func take(_ reading: TargetFileReading) {
        switch reading {
        case .unchanged: break
        case .missing:
            (version, places) = (nil, [])
            complaint = "file '\(path)' does not exist"
        case .failed(let reason):
            version = nil
            complaint = "cannot read '\(path)': \(reason)\(keeping)"
        case .read(let bytes, let version):
            self.version = version
            take(bytes)
        }
    }

    private mutating func take(_ bytes: [UInt8]) {
        do throws(TargetFile.Failure) {
            let file = try TargetFile(bytes)
            places = file.places
            complaint = file.failures.isEmpty ? nil : complaint(about: file)
            if places.isEmpty, complaint == nil { complaint = "'\(path)' lists no target" }
        } catch {
            complaint = "'\(path)', line \(error.line): \(error.reason)\(keeping)"
        }
    }

    private func complaint(about file: TargetFile) -> String {
        let told = file.failures.map { "line \($0.line): \($0.reason)" }
        let more = file.failureCount - told.count
        let rest = places.isEmpty ? "nothing is left to be followed" : "the other targets are followed"
        return "'\(path)', \((told + (more > 0 ? ["and \(more) more"] : []) + [rest]).joined(separator: "; "))"
    }

    private var keeping: String { places.isEmpty ? "" : "; the last good list holds" }
}
