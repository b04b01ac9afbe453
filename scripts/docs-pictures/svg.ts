/** Pieces of the drawn pictures. Colours follow the scheme of the page that shows them, light or dark. */

const style = `
text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1f2328; }
.strong { font-weight: 600; }
.small { font-size: 12px; fill: #59636e; }
.state { font-size: 12px; font-weight: 600; }
.middle { text-anchor: middle; }
.paper { fill: #ffffff; stroke: #d1d9e0; }
.box { fill: #f6f8fa; stroke: #afb8c1; }
.own { fill: #ddf4ff; stroke: #54aeff; }
.line { stroke: #59636e; fill: none; stroke-width: 1.5; }
.life { stroke: #d1d9e0; stroke-dasharray: 4 4; }
.head { fill: #59636e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .paper { fill: #0d1117; stroke: #3d444d; }
  .box { fill: #161b22; stroke: #3d444d; }
  .own { fill: #0c2d6b; stroke: #388bfd; }
  .line { stroke: #9198a1; }
  .life { stroke: #3d444d; }
  .head { fill: #9198a1; }
}`;

/** A whole picture; \`title\` and \`description\` are for those who cannot see it. */
export function svg(
  size: { readonly width: number; readonly height: number },
  about: { readonly title: string; readonly description: string },
  parts: readonly string[],
): string {
  const { width, height } = size;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(about.title)}</title>
<desc id="description">${escaped(about.description)}</desc>
<style>${style}
</style>
<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${parts.join('\n')}
</svg>
`;
}

/** Definition of the point at the end of a line that is no straight arrow: `marker-end="url(#point)"`. */
export const pointMarker =
  '<defs><marker id="point" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path class="head" d="M0 0l8 4-8 4z"/></marker></defs>';

export function text(x: number, y: number, words: string, classes = ''): string {
  return `<text x="${x}" y="${y}"${classes === '' ? '' : ` class="${classes}"`}>${escaped(words)}</text>`;
}

export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  kind: 'box' | 'own' = 'box',
): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;
}

/** A horizontal arrow with its point at `to`. */
export function arrow(from: number, to: number, y: number): string {
  const back = to > from ? -7 : 7;
  return `<path class="line" d="M${from} ${y}H${to + back / 2}"/><path class="head" d="M${to} ${y}l${back} -4v8z"/>`;
}

export function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
