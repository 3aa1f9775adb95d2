// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// Makes one recording of several: their facts in the order of the recordings' own clocks.
///
/// A process that several of them saw is told by one at a time: the first that heard it, and when that loses it or ends, by
/// another one that hears it. Sources of one name in recordings of one time are kept apart by the files' names.
package final class Merge {
    struct Input {
        var name: String
        var player: Player
        var survey: Survey
        var hasBegun = false
        var isOver = false
        /// Sources that are passed over, since another recording tells of their process.
        var muted: Set<SourceID> = []
        /// The process that each source speaks for.
        var processes: [SourceID: InstanceKey] = [:]
    }

    /// Who tells of a process.
    struct Voice: Hashable {
        var input: Int
        var source: SourceID
    }

    private var inputs: [Input]
    private var voices: [InstanceKey: Voice] = [:]
    private let recorder: Recorder
    /// The newest event that was told of each process: who comes after another one tells it no second time.
    private var lastEvents: [InstanceKey: Int64] = [:]
    /// Sources that are called otherwise.
    private let names: [Voice: SourceID]
    /// What there is to be said of the recordings' clocks.
    package let notes: [String]

    /// - Parameter files: each name and what opens it, since it is read twice.
    package init(
        _ files: [(name: String, open: () throws(RecordingError) -> Player)]
    ) throws(RecordingError) {
        var inputs: [Input] = []
        for file in files {
            let survey = try Survey(file.open())
            inputs.append(Input(name: file.name, player: try file.open(), survey: survey))
        }
        self.inputs = inputs
        names = Self.names(inputs)
        notes = ClockComparison.notes(inputs.map { ($0.name, $0.survey.origins) })
        let started = inputs.map(\.survey.span.lowerBound).min() ?? 0
        let programs = Set(inputs.map(\.player.header.program)).sorted()
        recorder = try Recorder(
            RecordingHeader(
                started: started, program: programs.joined(separator: ", "),
                isRedacted: inputs.allSatisfy(\.player.header.isRedacted)),
            began: TelemetryInstant(t: started, up: started))
    }

    /// Sources of the same name in recordings that overlap carry their files' names.
    private static func names(_ inputs: [Input]) -> [Voice: SourceID] {
        var names: [Voice: SourceID] = [:]
        for (index, input) in inputs.enumerated() {
            let others = inputs.enumerated().filter { $0.offset != index }.map(\.element.survey)
                .filter { $0.span.overlaps(input.survey.span) }
            for source in input.survey.sources where others.contains(where: { $0.sources.contains(source) }) {
                names[Voice(input: index, source: source)] = SourceID("\(source.name) (\(input.name))")
            }
        }
        return names
    }

    /// What could not be read, in words.
    package var complaints: [String] {
        inputs.flatMap { input in input.player.complaints.map { "\(input.name): \($0)" } }
    }

    /// Merges all.
    ///
    /// - Parameter write: gets bytes to be appended, and whether a segment ends with them.
    package func run(into write: ([UInt8], Bool) throws(RecordingError) -> Void) throws(RecordingError) {
        var end: Milliseconds = 0
        while let (index, at) = try next() {
            end = max(end, at)
            if !inputs[index].hasBegun {
                try begin(index, at: at)
            } else if let step = try inputs[index].player.peek() {
                inputs[index].player.takePending()
                switch step {
                case .observation(let fact): try take(fact, from: index, at: at)
                case .clock: break
                case .keyframe: try begin(index, at: at)
                }
            } else {
                try finish(index, at: at)
            }
            if recorder.hasSealed { try write(recorder.takeOutput(), true) }
        }
        try recorder.end()
        try write(recorder.takeOutput(), true)
    }

    /// The recording in which something happens next, and when.
    private func next() throws(RecordingError) -> (index: Int, at: Milliseconds)? {
        var first: (index: Int, at: Milliseconds)?
        for index in inputs.indices where !inputs[index].isOver {
            let input = inputs[index]
            let at =
                input.hasBegun
                ? max(try input.player.peek()?.at ?? input.survey.span.upperBound, input.player.moment.at)
                : input.survey.span.lowerBound
            if at < first?.at ?? .max { first = (index, at) }
        }
        return first
    }

    // MARK: - Steps

    /// A recording may know much when it begins, or goes on after what could not be read.
    private func begin(_ index: Int, at: Milliseconds) throws(RecordingError) {
        inputs[index].hasBegun = true
        for source in inputs[index].player.moment.fleet.sources.keys.sorted() {
            try introduce(Voice(input: index, source: source), at: at)
        }
    }

    private func finish(_ index: Int, at: Milliseconds) throws(RecordingError) {
        inputs[index].isOver = true
        let isLast = inputs.allSatisfy(\.isOver)
        for (key, voice) in voices.sorted(by: { $0.key < $1.key }) where voice.input == index {
            voices[key] = nil
            if !isLast { try emit(.source(.lost(reason: "its recording ended")), voice, at: at) }
            try handOver(key, at: at)
        }
    }

    private func take(_ fact: Observation, from index: Int, at: Milliseconds) throws(RecordingError) {
        let voice = Voice(input: index, source: fact.source)
        var ended: InstanceKey?
        switch fact.fact {
        case .source(.greeted(let identity, _)):
            let key = InstanceKey(identity)
            inputs[index].processes[fact.source] = key
            let isHeard = claim(key, by: voice)
            if isHeard { inputs[index].muted.remove(fact.source) } else { inputs[index].muted.insert(fact.source) }
        case .source(.lost), .source(.stopped), .source(.removed):
            ended = inputs[index].processes.removeValue(forKey: fact.source)
        case .event(let event, _):
            guard let key = inputs[index].processes[fact.source], voices[key] == voice else { break }
            guard event.seq > lastEvents[key] ?? 0 else { return }
            lastEvents[key] = event.seq
        default: break
        }
        if !inputs[index].muted.contains(fact.source) { try emit(fact.fact, voice, at: at, bytes: fact.bytes) }
        guard let ended, voices[ended] == voice else { return }
        voices[ended] = nil
        try handOver(ended, at: at)
    }

    private func claim(_ key: InstanceKey, by voice: Voice) -> Bool {
        // What it spoke for before, it does not any more.
        for (other, speaker) in voices where speaker == voice && other != key { voices[other] = nil }
        if let speaker = voices[key], speaker != voice { return false }
        voices[key] = voice
        return true
    }

    /// Another recording may hear a process that nobody tells of any more.
    private func handOver(_ key: InstanceKey, at: Milliseconds) throws(RecordingError) {
        for index in inputs.indices where !inputs[index].isOver {
            guard let source = inputs[index].processes.first(where: { $0.value == key })?.key else { continue }
            return try introduce(Voice(input: index, source: source), at: at)
        }
    }

    /// Tells what a recording knows of a source, as it would tell a monitor that connects.
    private func introduce(_ voice: Voice, at: Milliseconds) throws(RecordingError) {
        let fleet = inputs[voice.input].player.moment.fleet
        guard let source = fleet.sources[voice.source] else { return }
        let process = source.instance.flatMap { fleet.instances[$0] }
        let isThere = process.map { $0.lostAt == nil && $0.source == voice.source } ?? false
        if let process, isThere {
            inputs[voice.input].processes[voice.source] = process.key
            guard claim(process.key, by: voice) else {
                inputs[voice.input].muted.insert(voice.source)
                return
            }
        }
        inputs[voice.input].muted.remove(voice.source)
        try emit(.source(.connecting), voice, at: at)
        if let origin = source.origin { try emit(.origin(origin), voice, at: at) }
        guard let process, isThere else { return }
        for fact in process.introduction(by: source) { try emit(fact, voice, at: at) }
    }

    private func emit(
        _ fact: Observation.Fact, _ voice: Voice, at: Milliseconds, bytes: Int = 0
    ) throws(RecordingError) {
        let source = names[voice] ?? voice.source
        try recorder.record(
            Observation(source: source, at: TelemetryInstant(t: at, up: at), fact: fact, bytes: bytes))
    }
}

extension Instance {
    /// What it says to whoever connects.
    fileprivate func introduction(by source: Source) -> [Observation.Fact] {
        var facts: [Observation.Fact] = [.source(.greeted(identity, actions: source.actions))]
        if let link = source.health.link { facts.append(.link(link)) }
        facts.append(.source(.subscribed(interval: source.interval, mayOperate: source.mayOperate)))
        let all = circuits.values.map(\.value).sorted { $0.key.id < $1.key.id }
        facts += all.map { .circuit($0.description) }
        if let clock {
            facts.append(.sample(ProviderSample(at: clock, seq: lastEvent, rows: all.map(\.row)), isEnd: true))
        }
        if isComplete { facts.append(.source(.ready)) }
        return facts
    }
}
