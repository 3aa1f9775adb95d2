// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Dashboard
import Fleet

/// The time line: for each circuit a strip of its states, on one axis. States differ in height and pattern as well as in colour.
struct HTMLDrawing {
    private let report: PostMortem
    private let clock: ReportClock
    private let ticks: [ReportClock.Tick]

    init(_ report: PostMortem) {
        self.report = report
        clock = report.clock
        ticks = report.clock.ticks(atMost: 9)
    }

    private static let height = 18

    /// The patterns, once for the page.
    static let definitions = """
        <svg class="definitions" aria-hidden="true"><defs>
        <pattern id="half-open" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="7" height="7" class="half-open-back"/><rect width="3.5" height="7" class="half-open-front"/></pattern>
        <pattern id="forced-open" width="5" height="18" patternUnits="userSpaceOnUse">
        <rect width="5" height="18" class="forced-back"/><rect width="3" height="18" class="forced-front"/></pattern>
        <pattern id="forced-closed" width="18" height="6" patternUnits="userSpaceOnUse">
        <rect width="18" height="6" class="forced-back"/><rect width="18" height="2" y="2" class="forced-front"/></pattern>
        <pattern id="unknown" width="6" height="18" patternUnits="userSpaceOnUse">
        <rect x="1.5" y="8" width="2.5" height="2" class="unknown-front"/></pattern>
        </defs></svg>
        """

    var timeLine: String {
        guard !report.lanes.isEmpty else {
            return "<section id=\"time-line\">\n<h2>Time line</h2>\n<p>No circuit had trouble.</p>\n</section>"
        }
        let rest = report.troubled - report.lanes.count
        let more = rest > 0 ? "\n<p>\(rest.of("more circuit")) had trouble; these are the worst.</p>" : ""
        return """
            <section id="time-line">
            <h2>Time line</h2>
            \(legend)
            <div class="strips">
            <div class="lane axis"><span class="name">UTC</span>\(axis)</div>
            \(operators)\(losses)\(lanes)
            </div>\(more)
            </section>
            """
    }

    private var legend: String {
        let entries = ShownState.allCases.reversed().map { state in
            let shape = Self.shape(state, "x=\"0\" width=\"34\"")
            return """
                <li><svg width="34" height="\(Self.height)" aria-hidden="true">\(shape)</svg>\(state.word)</li>
                """
        }
        return "<ul class=\"legend\">\(entries.joined())</ul>"
    }

    /// A stretch in a state: what is well is thin.
    private static func shape(_ state: ShownState, _ place: String) -> String {
        let (y, height) = state == .closed ? (7, 4) : (0, Self.height)
        let name = state.word.replacing(" ", with: "-")
        return "<rect class=\"\(state == .unknown ? "unknown" : name)\" \(place) y=\"\(y)\" height=\"\(height)\"/>"
    }

    private var axis: String {
        let labels = ticks.enumerated().map { index, tick in
            let share = clock.share(tick.at)
            let anchor = share < 0.02 ? "start" : share > 0.98 ? "end" : "middle"
            // Those that a narrow page has no room for.
            let fine = index % 3 == 1 ? "" : " class=\"fine\""
            let x = HTMLText.percent(share)
            return "<text x=\"\(x)\" y=\"13\" text-anchor=\"\(anchor)\"\(fine)>\(tick.label)</text>"
        }
        return """
            <svg class="strip" height="\(Self.height)" role="img" aria-label="times in UTC">\(labels.joined())</svg>
            """
    }

    private var grid: String {
        ticks.map { tick in
            let x = HTMLText.percent(clock.share(tick.at))
            return "<line class=\"tick\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Self.height)\"/>"
        }.joined()
    }

    // MARK: - What was done, and who was not heard

    private var operators: String {
        let shown = report.actions.prefix(60).enumerated().filter { $0.element.at >= report.span.lowerBound }
        guard !shown.isEmpty else { return "" }
        var last = -1.0
        let marks = shown.map { index, action in
            let share = clock.share(action.at)
            // Numbers that would stand on each other are left out: the mark stays.
            let number = share - last > 0.025 ? "<text x=\"9\" y=\"13\">\(index + 1)</text>" : ""
            if !number.isEmpty { last = share }
            let what: Sentence = """
                \(words: clock.text(action.at)): \(action.deed), \(PostMortem.name(action.key)), by \(foreign: action.author)
                """
            return """
                <svg class="mark\(action.isRefused ? " refused" : "")" x="\(HTMLText.percent(share))" overflow="visible">\
                <title>\(HTMLText.plain(what))</title><path d="M-5 4 L5 4 L0 14 Z"/>\(number)</svg>
                """
        }
        return lane("operators", "", grid + marks.joined(), "what operators did, by number")
    }

    private var losses: String {
        let stretches = report.losses.compactMap { loss -> String? in
            guard loss.isAbsence || loss.isDamage else { return nil }
            // Who was never heard has no end; who was heard and is not any more is missing until the end.
            let end = loss.until ?? (loss.isAbsence ? report.span.upperBound : loss.at)
            let (from, to) = (clock.share(loss.at), clock.share(end))
            let place = loss.place.map(PostMortem.name) ?? ""
            let words: Sentence = "\(words: clock.text(loss.at)): \(place) \(loss.words(clock))"
            let width = HTMLText.percent(max(0.002, to - from))
            return """
                <rect class="loss" x="\(HTMLText.percent(from))" width="\(width)" y="5" height="8">\
                <title>\(HTMLText.plain(words))</title></rect>
                """
        }
        guard !stretches.isEmpty else { return "" }
        return lane("not heard", "", grid + stretches.joined(), "when services were not heard")
    }

    // MARK: - Strips

    private var lanes: String {
        var text = ""
        var service: String?
        for each in report.lanes {
            if each.key.instance.service != service {
                service = each.key.instance.service
                text += "<h3>\(HTMLText.escaped(.foreign(each.key.instance.service)))</h3>\n"
            }
            let key = each.key
            let name = PostMortem.laneName(key)
            let title: Sentence = PostMortem.name(key)
            text += lane(
                HTMLText.plain(.foreign(name)), HTMLText.plain(title), grid + stretches(each),
                HTMLText.plain("states of \(title)"))
        }
        return text
    }

    private func lane(_ name: String, _ title: String, _ drawing: String, _ words: String) -> String {
        """
        <div class="lane"><span class="name"\(title.isEmpty ? "" : " title=\"\(title)\"")>\(name)</span>\
        <svg class="strip" height="\(Self.height)" role="img" aria-label="\(words)">\(drawing)</svg></div>

        """
    }

    private func stretches(_ lane: PostMortem.Lane) -> String {
        lane.strip.spans(until: report.span.upperBound).map { from, to, state in
            let (start, end) = (clock.share(from), clock.share(to))
            let place = "x=\"\(HTMLText.percent(start))\" width=\"\(HTMLText.percent(max(0.0015, end - start)))\""
            let length = TimeSpan.precise(to.saturatingDifference(from))
            let title = "\(state.word), \(clock.text(from)) to \(clock.text(to)), \(length)"
            return "<g><title>\(title)</title>\(Self.shape(state, place))</g>"
        }.joined()
    }
}

extension PostMortem.Loss {
    /// Whether nothing was heard of a process that had been heard before.
    fileprivate var isAbsence: Bool {
        switch kind {
        case .lost, .stopped, .silent: place?.instance.isEmpty == false
        default: false
        }
    }

    fileprivate var isDamage: Bool {
        switch kind {
        case .damage, .missing: true
        default: false
        }
    }
}

extension PostMortem {
    /// A circuit under its service's name: the instance is said where it says more.
    static func laneName(_ key: CircuitKey) -> String {
        key.instance.instance == key.instance.service
            ? key.name : "\(key.instance.instance)/\(key.name)"
    }
}
