const colours = ["#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f"]

/** The stylesheet of reports, for light and dark screens. */
export const style: string = `
:root { color-scheme: light dark; --ink: light-dark(#1f2937, #e5e7eb); --soft: light-dark(#d1d5db, #374151); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 1500px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 1.5rem; margin-top: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; } small { font-weight: 400; opacity: .7; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--ink); opacity: .75; }
table { border-collapse: collapse; } th { font-weight: 400; text-align: left; padding-right: 2rem; opacity: .8; }
td { text-align: right; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--soft); stroke-width: 1; } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.faint { stroke: var(--soft); fill: none; } .dashed { stroke-dasharray: 5 4; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .2rem 0 0; font-size: .85rem; }
.key { display: inline-block; width: 1.2rem; height: 3px; margin-right: .4rem; vertical-align: middle; }
.key.faint { background: var(--soft); }
.key.dashed { background: repeating-linear-gradient(90deg, var(--ink) 0 5px, transparent 5px 9px); }
${colours.map((colour, i) => `.line.c${i} { stroke: ${colour}; } .dot.c${i} { fill: ${colour}; } .key.c${i} { background: ${colour}; }`).join("\n")}
`
