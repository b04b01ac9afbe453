import { arrow, box, svg, text } from './svg.ts';

/** What one part says to another, or does by itself (`to` is missing). */
export interface Step {
  readonly from: string;
  readonly to?: string;
  readonly says: string;
  /** A second line, smaller. */
  readonly why?: string;
}

export interface Sequence {
  readonly title: string;
  readonly description: string;
  /** From left to right, each with a line that says what it is. */
  readonly parts: readonly (readonly [name: string, is: string])[];
  readonly steps: readonly Step[];
}

const width = 920;
const margin = 20;
const headTop = 52;
const headHeight = 44;

/** Parts beside each other, and what happens between them from top to bottom. */
export function sequencePicture({ title, description, parts, steps }: Sequence): string {
  const column = (width - 2 * margin) / parts.length;
  const middle = (name: string): number => {
    const index = parts.findIndex(([part]) => part === name);
    if (index === -1) throw new Error(`"${name}" is no part of the picture "${title}"`);
    return Math.round(margin + column * (index + 0.5));
  };
  const drawn: string[] = [];
  let y = headTop + headHeight + 34;
  for (const [index, { from, to, says, why }] of steps.entries()) {
    const label = `${index + 1}. ${says}`;
    if (to === undefined) {
      drawn.push(text(middle(from) + 10, y, label));
      if (why !== undefined) drawn.push(text(middle(from) + 10, y + 17, why, 'small'));
      y += why === undefined ? 34 : 48;
      continue;
    }
    const left = Math.min(middle(from), middle(to)) + 10;
    drawn.push(text(left, y, label));
    if (why !== undefined) drawn.push(text(left, y + 17, why, 'small'));
    y += why === undefined ? 10 : 27;
    drawn.push(arrow(middle(from), middle(to), y));
    y += 32;
  }
  const heads = parts.flatMap(([name, is]) => [
    `<path class="life" d="M${middle(name)} ${headTop + headHeight}V${y - 8}"/>`,
    box(middle(name) - column / 2 + 6, headTop, column - 12, headHeight, 'own'),
    text(middle(name), headTop + 19, name, 'strong middle'),
    text(middle(name), headTop + 36, is, 'small middle'),
  ]);
  const head = text(margin, 32, title, 'strong');
  return svg({ width, height: y + 8 }, { title, description }, [head, ...heads, ...drawn]);
}
