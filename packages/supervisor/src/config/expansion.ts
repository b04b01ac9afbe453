import { ValueError } from './config-error.ts';

export type Expansions = Readonly<Record<string, string | number>>;

/**
 * Replaces `%(name)s` and `%(name)d` (with flags and width as in `%(process_num)02d`) and `%%` by `%`, as Python's
 * `%` operator does for Supervisor. Throws ValueError for an unknown name and for a lone percent sign.
 */
export function expand(text: string, expansions: Expansions): string {
  return text.replace(
    /%(?:(%)|\(([^)]*)\)([-0 +#]*)(\d*)([sd])|)/g,
    (whole, percent, name?: string, flags = '', width = '', kind = 's') => {
      if (percent !== undefined) return '%';
      if (name === undefined || whole === '%')
        throw new ValueError(
          `"${text}" has a lone % (write %% for a percent sign, %(ENV_NAME)s for a variable)`,
        );
      const value = Object.hasOwn(expansions, name) ? expansions[name] : undefined;
      if (value === undefined) throw new ValueError(unknownName(name, expansions));
      if (kind === 'd' && !Number.isInteger(Number(value)))
        throw new ValueError(`%(${name})d needs a number, and ${name} is "${value}"`);
      return pad(String(value), String(flags), Number(width));
    },
  );
}

function pad(value: string, flags: string, width: number): string {
  if (flags.includes('-')) return value.padEnd(width, ' ');
  return value.padStart(width, flags.includes('0') ? '0' : ' ');
}

function unknownName(name: string, expansions: Expansions): string {
  if (name.startsWith('ENV_')) return `%(${name})s: there is no environment variable ${name.slice(4)}`;
  const known = Object.keys(expansions).filter((candidate) => !candidate.startsWith('ENV_'));
  return `%(${name})s is not known; use one of ${known.sort().join(', ')} or ENV_ and the name of a variable`;
}
