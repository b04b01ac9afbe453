/** What a terminal shows in another way; each leaves its text as it is where there are no colours. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/**
 * Whether what is written to this stream may have colours: only on a terminal, and not when NO_COLOR is set to
 * anything (no-color.org) or the terminal is `dumb`.
 */
export function hasColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** The colours for a stream. */
export function coloursOf(stream: { readonly isTTY?: boolean }, env = process.env): Colours {
  const coloured = hasColours(stream, env);
  const style = (on: number, off: number) => (text: string) =>
    coloured && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
