import { ValueError } from './config-error.ts';

/**
 * Reads `KEY=value,KEY2="a, b"`: pairs separated by commas, over several lines if wished. A value with a comma,
 * blanks or quotes stands in quotes; inside them everything is literal. A comma at the end is allowed.
 */
export function parseEnvironment(text: string): Record<string, string> {
  const environment: Record<string, string> = {};
  const pair = /\s*([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,"'\s]*))\s*(?:,|$)/y;
  while (pair.lastIndex < text.length && text.slice(pair.lastIndex).trim() !== '') {
    const start = pair.lastIndex;
    const match = pair.exec(text);
    if (match?.[1] === undefined) {
      const rest = text.slice(start).trim();
      throw new ValueError(
        `cannot read "${rest.length > 40 ? `${rest.slice(0, 40)}...` : rest}"; write KEY="value",KEY2="value"`,
      );
    }
    environment[match[1]] = match[2] ?? match[3] ?? match[4] ?? '';
  }
  return environment;
}
