// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// What the rules of circuits saw that opened: a curve each, above the states of the same time.
struct HTMLCurves {
    private let report: PostMortem
    private let clock: ReportClock

    /// The most curves, and their size in units of the drawing, which is stretched to its place.
    private static let most = 12
    private static let width = 1_000.0
    private static let height = 70.0

    init(_ report: PostMortem) { (self.report, clock) = (report, report.clock) }

    var section: String {
        let lanes = report.lanes.filter { !$0.outages.isEmpty && !($0.curve?.points.isEmpty ?? true) }
        guard !lanes.isEmpty else { return "" }
        let rest = lanes.count - min(lanes.count, Self.most)
        let more = rest > 0 ? "\n<p>\(rest.of("more circuit")) opened.</p>" : ""
        return """
            <section id="curves">
            <h2>What the rules saw</h2>
            <p class="note">Failures over calls in each rule's window, the worst of each moment; dashed, the limit. Where there \
            is no line, nothing failed or no calls came. Shaded: open or half-open.</p>
            <div class="curves">
            \(lanes.prefix(Self.most).map(figure).joined(separator: "\n"))
            </div>\(more)
            </section>
            """
    }

    private func figure(_ lane: PostMortem.Lane) -> String {
        guard let curve = lane.curve, let worst = curve.worst else { return "" }
        let isRatio = worst.calls != nil
        let top = isRatio ? 1 : max(1, worst.value, Double(lane.rule.threshold ?? 1)) * 1.15
        let limit = lane.rule.threshold.map { isRatio ? Double($0) / 1_000 : Double($0) }
        let limitWords = limit.map { isRatio ? Format.percent($0) : "\(lane.rule.threshold ?? 0)" }
        let figures =
            worst.calls.map { calls in
                "\(Format.percent(worst.value)), \(Format.count(worst.failed)) of \(Format.count(calls)) calls"
            } ?? "\(Format.count(worst.failed)) failures in a row"
        let rule: Sentence =
            [RuleDescription.failureRatio, RuleDescription.consecutiveFailures].contains(lane.rule.name)
            ? .words(lane.rule.sentence) : .foreign(lane.rule.name)
        let caption: Sentence = "opens at \(rule); worst at \(words: clock.text(worst.at)): \(strong: figures)"
        let dashed = limit.filter { $0 >= 0 && $0 <= top }.map { limit in
            "<path class=\"limit\" d=\"M0 \(y(limit, top)) H\(Int(Self.width))\"/>"
        }
        let label = limit.filter { $0 >= 0 && $0 <= top }.map { limit in
            "<span class=\"limit\" style=\"bottom:\(HTMLText.percent(limit / top))\">\(limitWords ?? "")</span>"
        }
        return """
            <figure>
            <figcaption>\(HTMLText.escaped(PostMortem.name(lane.key)))<small>\(HTMLText.escaped(caption))</small></figcaption>
            <div class="plot"><svg viewBox="0 0 1000 70" preserveAspectRatio="none" role="img" \
            aria-label="\(HTMLText.plain("\(PostMortem.name(lane.key)): \(words: figures) at worst"))">\
            \(shades(lane))\(lines(curve, lane.rule.window, top))\(dashed ?? "")<path class="base" d="M0 70 H1000"/></svg>\
            <span class="top">\(isRatio ? "100%" : Format.count(Int64(min(top, 1e15))))</span>\(label ?? "")</div>
            <div class="ends"><span>\(clock.text(report.span.lowerBound))</span>\
            <span>\(clock.text(report.span.upperBound))</span></div>
            </figure>
            """
    }

    private func x(_ at: Milliseconds) -> String { tenths(clock.share(at) * Self.width) }
    private func y(_ value: Double, _ top: Double) -> String { tenths(Self.height * (1 - min(1, value / top))) }

    private func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    private func lines(_ curve: RatioCurve, _ window: Milliseconds?, _ top: Double) -> String {
        curve.runs(window: window).map { run in
            let points = run.map { "\(x($0.at)) \(y($0.value, top))" }
            guard let first = run.first, let last = run.last else { return "" }
            let line = points.count == 1 ? "\(points[0]) h2" : points.joined(separator: " L")
            let area = "M\(x(first.at)) 70 L\(points.joined(separator: " L")) L\(x(last.at)) 70 Z"
            return "<path class=\"area\" d=\"\(area)\"/><path class=\"line\" d=\"M\(line)\"/>"
        }.joined()
    }

    private func shades(_ lane: PostMortem.Lane) -> String {
        lane.strip.spans(until: report.span.upperBound).compactMap { from, to, state in
            guard state == .open || state == .halfOpen else { return nil }
            let width = tenths(max(0.0015, clock.share(to) - clock.share(from)) * Self.width)
            let name = state == .open ? "shade-open" : "shade-half-open"
            return "<rect class=\"\(name)\" x=\"\(x(from))\" y=\"0\" width=\"\(width)\" height=\"70\"/>"
        }.joined()
    }
}

extension Optional {
    fileprivate func filter(_ isWanted: (Wrapped) -> Bool) -> Wrapped? { flatMap { isWanted($0) ? $0 : nil } }
}
