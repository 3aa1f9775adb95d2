// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
package import Fleet

/// From now to the past and back, and about in it. What there was is shown by the same model and the same views; whoever
/// holds it brings it, as ``Effect/travel(_:)`` asks.
extension Dashboard {
    /// The fleet as it is now, whatever moment is shown; of a recording, what is shown.
    var present: FleetModel { behind?.fleet ?? fleet }

    /// All that is known now, whatever moment is shown.
    package var livingMoment: Moment { behind ?? Moment(fleet: fleet, flows: flows, at: now.up) }

    /// Whether a recording is shown: there is no now.
    package var isReplay: Bool {
        if case .recording = transport?.tape { true } else { false }
    }

    /// Takes the fleet as it was at a moment.
    mutating func arrive(at moment: Moment) -> [Effect] {
        // Whoever came back to now meanwhile stays there.
        guard transport != nil else { return [] }
        transport?.arrive(at: moment.at)
        (fleet, flows) = (moment.fleet, moment.flows)
        if isReplay { operations.show(history: fleet.events) }
        refreshLists()
        return lookAnew(isAsked: transport?.isPlaying == false) + depart()
    }

    /// What is in sight is made of another fleet than before.
    private mutating func lookAnew(isAsked: Bool) -> [Effect] {
        var effects = mapAnew(isAsked: isAsked)
        if isAsked { effects += surveyAnew() } else if survey == nil { effects += surveyNow() }
        return effects
    }

    mutating func depart() -> [Effect] {
        guard let journey = transport?.depart() else { return [] }
        journeys += 1
        return [.travel(journey, number: journeys)]
    }

    /// Goes about in the past.
    mutating func travel(_ change: (inout Transport) -> Void) -> [Effect] {
        guard var transport else {
            notice =
                "this is now: \(Keymap.key(for: "pause")) freezes it, \(Keymap.key(for: "previous-transition")) goes back"
            return []
        }
        change(&transport)
        self.transport = transport
        return depart()
    }

    /// Time went by for the operator.
    mutating func playOn(at now: Milliseconds) -> [Effect] {
        guard let transport, transport.isPlaying else { return depart() }
        self.transport?.tick(at: now)
        // Who plays on and has caught up is there.
        if transport.tape == .recent, self.transport?.isPlaying == false { return returnToNow() }
        return depart()
    }

    // MARK: - Now

    /// Freezes what is shown, or goes back to now; plays or pauses a recording.
    mutating func pause(at now: Milliseconds) -> [Effect] {
        switch transport?.tape {
        case nil:
            freeze()
            return []
        case .recent: return returnToNow()
        case .recording: return togglePlaying(at: now)
        }
    }

    /// What is live is not summed up while it is not shown, from so many circuits on.
    private static let largeFleet = 10_000

    /// What is shown stays, while all goes on being collected.
    private mutating func freeze() {
        behind = Moment(fleet: fleet, flows: flows, at: fleet.now.up)
        if roster.totals.circuits > Self.largeFleet { behind?.leaveOutFlows() }
        mapOutdated()
        var chronology = recent ?? Chronology(range: fleet.now.up...fleet.now.up, isComplete: true)
        chronology.range = chronology.range.lowerBound...max(chronology.range.upperBound, fleet.now.up)
        transport = Transport(.recent, chronology, at: fleet.now.up)
    }

    mutating func returnToNow() -> [Effect] {
        guard let behind else { return [] }
        (fleet, flows) = (behind.fleet, behind.flows)
        (self.behind, transport) = (nil, nil)
        // Whatever is under way is for nobody.
        journeys += 1
        refreshLists()
        return lookAnew(isAsked: true)
    }

    /// Takes what there is of the past by now.
    mutating func learn(_ chronology: Chronology) {
        if isReplay { transport?.learn(chronology) } else { recent = chronology }
        guard transport?.tape == .recent else { return }
        var chronology = chronology
        chronology.range = chronology.range.lowerBound...max(chronology.range.upperBound, now.up)
        transport?.learn(chronology)
    }

    mutating func goToEnd() -> [Effect] {
        isReplay ? travel { $0.seek(to: $0.range.upperBound) } : returnToNow()
    }

    // MARK: - Playing

    mutating func togglePlaying(at now: Milliseconds) -> [Effect] {
        travel { if $0.isPlaying { $0.pause() } else { $0.play(at: now) } }
    }

    mutating func toggleSkippingQuiet() -> [Effect] {
        defer {
            if let transport {
                notice =
                    transport.skipsQuiet
                    ? "playing passes over what is quiet for more than \(Format.duration(Transport.quietTime))"
                    : "playing passes over nothing"
            }
        }
        return travel { $0.skipsQuiet.toggle() }
    }

    mutating func cycleLoop() -> [Effect] {
        var words: String?
        let effects = travel { words = $0.cycleLoop() }
        notice = words ?? notice
        return effects
    }

    mutating func setSpeed(_ text: String) -> [Effect] {
        let number = Double(text.last == "×" || text.last == "x" ? String(text.dropLast()) : text)
        var isKnown = false
        let effects = travel { transport in isKnown = number.map { transport.setSpeed($0) } ?? false }
        if transport != nil, !isKnown {
            let all = Transport.speeds.map(Transport.words).joined(separator: ", ")
            notice = "“\(text.sanitizedForDisplay(maxColumns: 20))” is no speed: there are \(all)"
        }
        return effects
    }

    // MARK: - Transitions and marks

    mutating func visitTransition(forward: Bool, of place: Transition.Place? = nil) -> [Effect] {
        guard let transitions = transport?.transitions ?? recent?.transitions else {
            notice =
                configuration.keepsPast
                ? "nothing is known yet of what was before" : "what was is not kept: this runs with --history 0"
            return []
        }
        if transport == nil {
            guard !forward else {
                notice = "this is now: nothing came after it"
                return []
            }
            freeze()
        }
        var found: Transition?
        let effects = travel { found = $0.visitTransition(forward: forward, of: place) }
        guard let found else {
            let whose = place == nil ? "" : " of this circuit"
            let stretch =
                transitions.isEmpty ? "in what there is" : forward ? "after this moment" : "before this moment"
            notice =
                "no change\(whose) \(stretch)" + (transport?.isLookedThrough == false ? ", as far as is known" : "")
            return effects
        }
        notice = "\(clock.time(wallClock(of: found.at)))  \(found.words)"
        return effects
    }

    mutating func visitOwnTransition(forward: Bool) -> [Effect] {
        guard let key = screen == .circuit ? shownCircuit : selection else {
            notice = "no circuit is selected"
            return []
        }
        return visitTransition(forward: forward, of: Transition.Place(key))
    }

    mutating func visitNextMark() -> [Effect] {
        guard !marks.all.isEmpty else {
            notice = "no moment has a mark: \(Keymap.key(for: "label")) gives this one a label"
            return []
        }
        if transport == nil { freeze() }
        var found: TimeMarks.Mark?
        let effects = travel { [marks] in found = $0.visitNext(of: marks) }
        if let found { notice = "mark “\(found.label.sanitizedForDisplay(maxColumns: 100))”" }
        return effects
    }

    /// Gives the moment that is shown a label; without one, takes its mark away.
    mutating func mark(_ label: String) -> [Effect] {
        let at = transport?.position ?? now.up
        guard marks.set(TimeMarks.Mark(at: at, label: label)) else {
            notice = "there are \(TimeMarks.capacity) marks already"
            return []
        }
        notice = label.isEmpty ? "no mark at this moment" : "marked: \(label.sanitizedForDisplay(maxColumns: 100))"
        return isReplay ? [.keep(marks)] : []
    }

    /// Goes to a time that was typed.
    mutating func go(toTime text: String) -> [Effect] {
        do throws(RecordedTime.Failure) {
            let time = try RecordedTime(text)
            if transport == nil { freeze() }
            guard let transport else { return [] }
            let offset = fleet.now.t.saturatingDifference(fleet.now.up)
            let zone = clock.offset?(wallClock(of: transport.position)) ?? 0
            let at = try time.moment(in: transport.range, zone: zone, clockOffset: offset)
            return travel { $0.seek(to: at) }
        } catch {
            notice = error.description
            return []
        }
    }

    /// What the clock said at a moment, as far as it stands now as it stood then.
    func wallClock(of moment: Milliseconds) -> Milliseconds {
        moment.saturatingSum(fleet.now.t.saturatingDifference(fleet.now.up))
    }

    // MARK: - Writing it down

    mutating func record(to file: String) -> [Effect] {
        guard !isReplay else { return refuseRecording() }
        return [.record(file: file.isEmpty ? nil : file)]
    }

    mutating func save(to file: String) -> [Effect] {
        guard !isReplay else { return refuseRecording() }
        guard !file.isEmpty else {
            notice = "save what where? say :save friday.btrec"
            return []
        }
        guard let range = transport?.range ?? recent?.range else {
            notice = "nothing is known yet of what was before"
            return []
        }
        let stretch = transport?.loop.flatMap { loop in loop.to.map { loop.from...max(loop.from, $0) } }
        return [.save(file: file, stretch ?? range, marks)]
    }

    private mutating func refuseRecording() -> [Effect] {
        notice = "this is a recording already: `breakertop recording cut` makes another one of a part"
        return []
    }

    // MARK: - Orders

    /// Why nothing can be done to circuits while another moment is shown; `nil` = this is now.
    var pastRefusal: String? {
        guard let transport else { return nil }
        return isReplay
            ? "this is a recording: nothing can be done to what was"
            : "the screen shows \(clock.zoned(wallClock(of: transport.position))), not now: End goes back, then do it"
    }
}

extension Transition {
    /// What happened, safe to show.
    var words: String {
        let names = [place.service, place.circuit].filter { !$0.isEmpty }
        let name = names.map { $0.sanitizedForDisplay(maxColumns: 60) }.joined(separator: "/")
        switch what {
        case .state(let state): return "\(name) \(state.word)"
        case .forced: return "\(name) forced"
        case .released: return "\(name) released"
        case .gone: return "\(name) gone"
        case .restarted: return "\(name) restarted"
        }
    }
}
