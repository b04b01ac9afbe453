import type { Colours } from '@gateway-engine/host/command-line';

/** How lines of several logs are told apart. */
export interface LineStyle {
  /** Names of the logs; with one alone its lines stand for themselves. */
  readonly names: readonly string[];
  readonly isTerminal: boolean;
  readonly colours: Colours;
}

const order = ['cyan', 'green', 'yellow', 'red'] as const;

export function shownLine(name: string, line: string, { names, isTerminal, colours }: LineStyle): string {
  const text = isTerminal ? withoutControls(line) : line;
  if (names.length < 2) return text;
  const width = Math.max(...names.map((each) => each.length));
  const paint = colours[order[Math.max(0, names.indexOf(name)) % order.length] ?? 'cyan'];
  return `${paint(name.padEnd(width))} | ${text}`;
}

/** What a program writes must not move the cursor or rename the window of whoever looks at it: colours alone pass. */
export function withoutControls(line: string): string {
  const colour = '\\x1b\\[[0-9;]{0,20}m';
  const other =
    '\\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)?|.)?|[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]';
  return line.replace(new RegExp(`(${colour})|${other}`, 'g'), (_, kept: string | undefined) => kept ?? '');
}
