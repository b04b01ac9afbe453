import { ValueError } from './config-error.ts';

/**
 * Splits a command into words by the quoting rules of a POSIX shell, without expanding anything: blanks separate,
 * '...' is literal, "..." lets a backslash quote `"` and `\`, elsewhere a backslash quotes the next character.
 */
export function splitShellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < command.length; index++) {
    const character = command[index] as string;
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === '\\' && quote === '"') {
        const next = command[index + 1];
        if (next === undefined) throw new ValueError('No escaped character');
        index++;
        word += next === '"' || next === '\\' ? next : `\\${next}`;
      } else word += character;
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      const next = command[++index];
      if (next === undefined) throw new ValueError('No escaped character');
      word = (word ?? '') + next;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined) throw new ValueError('No closing quotation');
  if (word !== undefined) words.push(word);
  return words;
}
