// SPDX-License-Identifier: Apache-2.0

/// How the page looks: one accent a state, quiet everywhere else; light or dark as the reader has it; on paper, light.
enum HTMLStyle {
    static let text = """
        :root { color-scheme: light dark; --page: #fff; --ink: #1f2328; --quiet: #656d76; --line: #e4e7eb; --open: #c9382e;
          --half: #d9930d; --half-back: #fbe7bd; --forced: #7a45c9; --forced-back: #dccbf5; --closed: #3f9b62;
          --unknown: #8c949e; --curve: #c9382e; --curve-area: #c9382e1f; --act: #2167c7; --loss: #8c949e; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #15181c; --ink: #e3e6ea; --quiet: #98a1ab; --line: #2b3036; --open: #ec6a5e; --half: #e3ad3e;
            --half-back: #4c3d18; --forced: #b28cf2; --forced-back: #42306b; --closed: #57b27a; --unknown: #717a85;
            --curve: #ec6a5e; --curve-area: #ec6a5e2b; --act: #6ea8f5; --loss: #717a85; } }
        @media print {
          :root { color-scheme: light; --page: #fff; --ink: #000; --quiet: #444; --line: #ccc; --open: #c9382e; --half: #d9930d;
            --half-back: #fbe7bd; --forced: #7a45c9; --forced-back: #dccbf5; --closed: #3f9b62; --unknown: #8c949e;
            --curve: #c9382e; --curve-area: #c9382e1f; --act: #2167c7; --loss: #8c949e; }
          main { padding: 0 !important; max-width: none !important; } tr, figure, .lane { break-inside: avoid; }
          h2, h3 { break-after: avoid; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink);
          font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
        main { max-width: 1080px; margin: 0 auto; padding: 40px 32px 64px; }
        h1 { font-size: 26px; font-weight: 650; letter-spacing: -.01em; margin: 0 0 16px; }
        h2 { font-size: 18px; font-weight: 650; margin: 44px 0 12px; }
        h3 { font-size: 13px; font-weight: 600; color: var(--quiet); margin: 14px 0 2px; overflow-wrap: anywhere; }
        p, dl, ul { margin: 0; } .note { color: var(--quiet); font-size: 13px; max-width: 75ch; margin-bottom: 16px; }
        dl div { display: flex; gap: 12px; } dt { flex: 0 0 92px; color: var(--quiet); } dd { margin: 0; min-width: 0; }
        dd, li, td, figcaption, footer { overflow-wrap: anywhere; }
        .named { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
        #summary ul { list-style: none; padding: 0; max-width: 80ch; } #summary li { padding: 3px 0; }
        b { font-weight: 650; } .none { color: var(--quiet); }
        .definitions { position: absolute; width: 0; height: 0; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; padding: 0; margin-bottom: 14px;
          color: var(--quiet); font-size: 13px; }
        .legend li { display: flex; align-items: center; gap: 8px; }
        .lane { display: grid; grid-template-columns: minmax(0, 250px) minmax(0, 1fr); gap: 14px; align-items: center; padding: 2px 0; }
        .lane .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 13px; }
        .axis .name, .axis text { color: var(--quiet); fill: var(--quiet); font-size: 12px; }
        .strip { display: block; width: 100%; overflow: visible; }
        .tick { stroke: var(--line); }
        rect.open { fill: var(--open); } rect.half-open { fill: url(#half-open); } rect.closed { fill: var(--closed); opacity: .55; }
        rect.forced-open { fill: url(#forced-open); } rect.forced-closed { fill: url(#forced-closed); }
        rect.unknown { fill: url(#unknown); } .unknown-front { fill: var(--unknown); }
        .half-open-back { fill: var(--half-back); } .half-open-front { fill: var(--half); }
        .forced-back { fill: var(--forced-back); } .forced-front { fill: var(--forced); }
        .mark path { fill: var(--act); } .mark text { fill: var(--act); font-size: 11px; }
        .mark.refused path { fill: none; stroke: var(--act); stroke-width: 1.5; }
        rect.loss { fill: none; stroke: var(--loss); stroke-width: 1.5; stroke-dasharray: 3 2; }
        .curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 28px 40px; }
        figure { margin: 0; min-width: 0; } figcaption { margin-bottom: 8px; }
        figcaption small { display: block; color: var(--quiet); font-size: 12.5px; }
        .plot { position: relative; padding-right: 40px; }
        .plot svg { display: block; width: 100%; height: 84px; }
        .plot span { position: absolute; right: 0; width: 34px; font-size: 11px; line-height: 12px; color: var(--quiet); }
        .plot .top { top: 0; } .plot span.limit { transform: translateY(50%); color: var(--ink); }
        .line { fill: none; stroke: var(--curve); stroke-width: 1.75; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
        .area { fill: var(--curve-area); } .base { stroke: var(--line); vector-effect: non-scaling-stroke; }
        path.limit { stroke: var(--ink); stroke-dasharray: 4 4; opacity: .55; vector-effect: non-scaling-stroke; }
        .shade-open { fill: var(--open); opacity: .13; } .shade-half-open { fill: var(--half); opacity: .22; }
        .ends { display: flex; justify-content: space-between; padding-right: 40px; color: var(--quiet); font-size: 11px; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
        th { text-align: left; font-weight: 600; color: var(--quiet); font-size: 12.5px; }
        th, td { padding: 7px 14px 7px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
        tr:last-child td { border-bottom: 0; } th:last-child, td:last-child { padding-right: 0; }
        td { min-width: 64px; } td.when { min-width: 76px; overflow-wrap: normal; } td.wide { min-width: 150px; }
        footer { margin-top: 48px; color: var(--quiet); font-size: 12.5px; }
        @media (max-width: 720px) {
          main { padding: 24px 16px 40px; } h1 { font-size: 22px; }
          .lane { grid-template-columns: minmax(0, 1fr); gap: 1px; padding: 4px 0; } .fine { display: none; }
          thead { display: none; } table, tbody, tr, td { display: block; }
          tr { padding: 10px 0; border-bottom: 1px solid var(--line); } tr:last-child { border-bottom: 0; }
          td, td.when, td.wide { min-width: 0; border: 0; padding: 1px 0 1px 112px; position: relative; min-height: 1.5em; }
          td::before { content: attr(data-title); position: absolute; left: 0; width: 104px; color: var(--quiet); }
        }
        """
}
