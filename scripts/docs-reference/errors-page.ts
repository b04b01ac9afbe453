import type { ErrorCode } from './error-codes.ts';
import meanings from './errors.json' with { type: 'json' };
import { table } from './table.ts';

/** Workspace to code to what it means and what to do. */
export type Meanings = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export const ownMeanings: Meanings = meanings;

/** Codes that nobody has explained, and explanations of codes that there are not: `gmq QUEUE_FULL`. */
export function unexplained(codes: readonly ErrorCode[], known: Meanings = ownMeanings) {
  const gathered = new Set(codes.map(({ workspace, code }) => `${workspace} ${code}`));
  const explained = new Set(
    Object.entries(known).flatMap(([workspace, list]) =>
      Object.keys(list).map((code) => `${workspace} ${code}`),
    ),
  );
  return {
    missing: [...gathered].filter((one) => !explained.has(one)),
    superfluous: [...explained].filter((one) => !gathered.has(one)),
  };
}

export function errorsPage(codes: readonly ErrorCode[], known: Meanings = ownMeanings): string {
  const sorted = [...codes].sort((a, b) => (a.code + a.workspace < b.code + b.workspace ? -1 : 1));
  const rows = sorted.map(({ workspace, code, classes }) => {
    const [meaning = '', remedy = ''] = known[workspace]?.[code] ?? [];
    const names = classes.map((name) => `\`${name}\``).join(', ');
    return [`\`${code}\``, meaning, remedy, `${workspace}${names === '' ? '' : `: ${names}`}`];
  });
  return `# Errors by code

<!-- Made by scripts/docs-reference.ts from the sources; meanings are in scripts/docs-reference/errors.json. -->

Every error has a code that does not change with its wording. It stands in log lines as \`err.code\`, in answers of the
[admin API](admin-api.md) as \`error.code\`, and in programs that use the packages as \`code\` of the error. Commands print the
message alone, which says what, where, and what to do; with \`DEBUG=1\` in the environment the stack follows. An error from the system
below, such as \`ENOSPC\` or \`ECONNREFUSED\`, is its \`cause\`.

${table(['Code', 'Means', 'What to do', 'Package: class'], rows)}
`;
}
