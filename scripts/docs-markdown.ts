/** Where a link stands in a page, and what it leads to. Offsets are of the page's text. */
export interface MarkdownLink {
  readonly target: string;
  readonly line: number;
  /** The whole of it, from `[` or `![` to `)`; of a reference or an HTML tag, the target alone. */
  readonly start: number;
  readonly end: number;
  readonly targetStart: number;
  /** What is shown for an inline link, as offsets; undefined for others and for pictures. */
  readonly label: { readonly start: number; readonly end: number } | undefined;
}

/** The text with everything that is code or a comment blanked out, so that offsets and lines stay. */
export function withoutCode(markdown: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  const blocks = /^([ >]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^[ >]*\2[`~]*[ \t]*$|(?![\s\S]))/gm;
  return markdown
    .replace(blocks, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])*?(?<!`)\1(?!`)/g, blank);
}

const inline = /(!?)\[((?:[^[\]]|!?\[[^\]]*\](?:\([^)]*\))?)*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const reference = /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s+"[^"]*")?\s*$/gm;
const html = /<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/g;

/** Every link and picture of a page, in its order. */
export function linksOf(markdown: string): MarkdownLink[] {
  const text = withoutCode(markdown);
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const links: MarkdownLink[] = [];
  const inlineFrom = (from: number, part: string): void => {
    for (const found of part.matchAll(inline)) {
      const [whole, picture = '', label = '', target = ''] = found;
      const start = from + found.index;
      const labelStart = start + picture.length + 1;
      const targetStart = start + whole.indexOf(target, picture.length + 1 + label.length + 2);
      const shown = picture === '' ? { start: labelStart, end: labelStart + label.length } : undefined;
      const place = { line: lineAt(start), start, end: start + whole.length, targetStart };
      links.push({ target, ...place, label: shown });
      // A picture may be what a link shows.
      if (label.includes('](')) inlineFrom(labelStart, label);
    }
  };
  inlineFrom(0, text);
  for (const pattern of [reference, html]) {
    for (const found of text.matchAll(pattern)) {
      const target = found[1] ?? '';
      const start = found.index + found[0].lastIndexOf(target);
      const end = start + target.length;
      links.push({ target, line: lineAt(start), start, end, targetStart: start, label: undefined });
    }
  }
  return links.sort((a, b) => a.start - b.start);
}

/** Markup in the text of a page that a browser would not show as text: `<NAME>` where code was meant. */
export function strayMarkup(markdown: string): { readonly line: number; readonly tag: string }[] {
  const known = /^(a|br|details|img|kbd|p|picture|source|sub|summary|sup)$/i;
  return withoutCode(markdown)
    .split('\n')
    .flatMap((text, at) =>
      [...text.matchAll(/<\/?([A-Za-z][\w-]*)(?=[\s/>])[^>]*>?/g)]
        .filter(([, name = '']) => !known.test(name))
        .map(([tag]) => ({ line: at + 1, tag })),
    );
}

export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly anchor: string;
}

/** The headings of a page with the anchors by which links reach them. */
export function headingsOf(markdown: string): Heading[] {
  const code = withoutCode(markdown).split('\n');
  const used = new Map<string, number>();
  return markdown.split('\n').flatMap((line, at) => {
    // Blanked lines are within a block of code or a comment.
    if (!code[at]?.startsWith('#')) return [];
    const [, marks = '', raw = ''] = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line) ?? [];
    if (marks === '') return [];
    const text = raw.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]|<[^>]+>/g, '');
    const slug = slugOf(text);
    const times = used.get(slug) ?? 0;
    used.set(slug, times + 1);
    return [{ level: marks.length, text, anchor: times === 0 ? slug : `${slug}-${times}` }];
  });
}

/** The anchor of a heading as repository pages make it, which the site follows: no other would serve both. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** What names a page: its first heading. */
export function titleOf(markdown: string): string | undefined {
  return headingsOf(markdown).find(({ level }) => level === 1)?.text;
}
