/**
 * Text that a gateway or one of its programs wrote. React shows it as text whatever is in it; what remains to be done
 * is to drop what only a terminal understands, and to bound what is put on the page.
 */
const MAX_SHOWN = 20_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const TERMINAL_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all control characters except tab and newline
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
/** They turn the reading direction, so that a line can pretend to say something else. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

export function shownText(text: string): string {
  const clean = text
    .slice(0, MAX_SHOWN)
    .replace(TERMINAL_SEQUENCE, '')
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '\ufffd')
    .replace(DIRECTION, '\ufffd');
  return text.length > MAX_SHOWN ? `${clean}\n… ${text.length - MAX_SHOWN} more characters` : clean;
}
