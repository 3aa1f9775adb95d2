// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Feeds
import Fleet
import Recording

/// Holds a recorder and writes what comes out of it, once a second.
actor RecordingDesk {
    /// Where a recording is written.
    enum Place: Sendable {
        case file
        case series(RecordingSeries, Rotation)
    }

    private let place: Place
    private let clock: MonitorClock
    private let began: TelemetryInstant
    private var recorder: Recorder
    private var header: RecordingHeader
    private var file: RecordingFile
    /// How much the present file holds.
    private var fileBytes = 0
    /// The files of the series before the present one.
    private var former: [Rotation.File] = []
    private var redaction: Redaction?
    private var failure: RecordingError?
    private var count = (bytes: 0, facts: 0, missed: 0, files: 1)

    /// Makes the file, or the first one of a series. This may block.
    init(path: String, rotation: Rotation?, isRedacted: Bool, _ clock: MonitorClock) throws(RecordingError) {
        self.clock = clock
        began = clock.now()
        header = RecordingHeader(
            started: began.t, program: "breakertop \(Breakertop.version)", isRedacted: isRedacted)
        redaction = isRedacted ? Redaction() : nil
        if let rotation {
            let series = try RecordingSeries(path: path)
            place = .series(series, rotation)
            former = series.files()
            file = try series.create(at: began.t)
        } else {
            place = .file
            file = try RecordingFile(creating: path)
        }
        recorder = try Recorder(header, began: began)
        // The header alone is a recording: what comes may be more than the disk takes.
        let beginning = recorder.takeOutput()
        try file.append(beginning, isSealed: true)
        (fileBytes, count.bytes) = (beginning.count, beginning.count)
    }

    func take(_ observation: Observation) {
        guard failure == nil else { return }
        var observation = observation
        if redaction != nil {
            guard let redacted = redaction?.redact(observation) else { return }
            observation = redacted
        }
        do throws(RecordingError) {
            try recorder.record(observation)
            count.facts += 1
        } catch {
            failure = error
        }
    }

    /// Writes what was recorded since the last time.
    func write() async throws {
        if case .series(let series, let rotation) = place {
            let age = recorder.now.at.saturatingDifference(header.started)
            if rotation.isDue(age: age, bytes: fileBytes) { try await goOn(series) }
            try await clear(series, rotation)
        }
        try recorder.flush()
        try await put(recorder, into: file)
    }

    func end() async throws {
        try recorder.end()
        try await put(recorder, into: file)
        count.missed += recorder.missed
    }

    /// Ends the file and goes on in another one. No fact is between them: what comes meanwhile is in one of the two.
    private func goOn(_ series: RecordingSeries) async throws {
        let start = recorder.now.at
        // On the way out too, so that nothing is written behind an end.
        let next = await onThreadOfItsOwn(grace: .seconds(10)) { Result { try series.create(at: start) } }
        guard let next = try next?.get() else { return }
        let (last, before) = (recorder, file)
        try last.end()
        former.append(series.entry(of: before, start: header.started, bytes: fileBytes))
        header.started = last.now.at
        recorder = try Recorder(after: last, header)
        (file, fileBytes) = (next, 0)
        count.files += 1
        count.missed += last.missed
        try await put(last, into: before)
    }

    /// Removes the files that are beyond what is kept.
    private func clear(_ series: RecordingSeries, _ rotation: Rotation) async throws {
        let present = series.entry(of: file, start: header.started, bytes: fileBytes)
        let surplus = rotation.surplus(former, present: present, at: recorder.now.at)
        guard !surplus.isEmpty else { return }
        former.removeAll { surplus.contains($0) }
        try await tryOnThreadOfItsOwn { for file in surplus { try series.remove(file) } }
    }

    private func put(_ recorder: Recorder, into file: RecordingFile) async throws {
        if let failure { throw failure }
        let (isSealed, output) = (recorder.hasSealed, recorder.takeOutput())
        guard !output.isEmpty else { return }
        count.bytes += output.count
        if file === self.file { fileBytes += output.count }
        // On the way out too: what was recorded is not thrown away because the user has had enough.
        let result = await onThreadOfItsOwn(grace: .seconds(10)) {
            do throws(RecordingError) {
                try file.append(output, isSealed: isSealed)
                return Result<Void, RecordingError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result?.get()
    }

    /// What came of it, in a line.
    var summary: String {
        let seconds = clock.now().up.saturatingDifference(began.up) / 1_000
        let services = recorder.now.fleet.instances.count
        let missed = count.missed == 0 ? "" : ", without \(count.missed) of them, which the disk did not take in time"
        let files = count.files == 1 ? "" : "the last of \(count.files) files, "
        return "recorded \(seconds) s of \(services) services, \(count.facts) facts, \(count.bytes) bytes\(missed): "
            + files + file.path
    }
}
