/** Escapes a value for HTML and SVG, as text and inside quoted attributes. */
export function escapeHtml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

export const HTML_STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --faint: #667; --line: #d8dce2; --copy: #2f6fbd;
  --index: #c08a2d; --good: #187a3d; --bad: #b3261e; --care: #8a6100 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --faint: #9aa3ad; --line: #333a42;
  --copy: #6ea8ec; --index: #e0b060; --good: #5cc98a; --bad: #ff8a80; --care: #e5b94e } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px }
h1 { font-size: 20px } h2 { font-size: 16px; margin: 32px 0 8px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px } dt { color: var(--faint) } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: left; color: var(--faint); font-weight: normal } td, th { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
.wide { overflow-x: auto } .verdict { padding: 0 6px; border: 1px solid; border-radius: 3px; font-size: .85em }
.same { color: var(--good) } .different, .unknown { color: var(--bad) } .skipped { color: var(--care) }
.bar { display: flex; width: 160px; height: 12px; margin-top: 4px } .bar i { display: block; height: 100% }
i.copy { background: var(--copy) } i.index { background: var(--index) }
.gantt { width: 100%; min-width: 700px; font: 11px system-ui, sans-serif } .gantt text { fill: var(--ink) } .gantt line { stroke: var(--line) } .gantt rect { opacity: .75 }
rect.copy { fill: var(--copy) } rect.index { fill: var(--index) }
@media print { .wide { overflow: visible } }
`
