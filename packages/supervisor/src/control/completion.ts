import { allCommands } from './commands/all.ts';

/** What the last word of a line may become; each with a blank after it, ready for the next. */
export function completions(line: string, infos: readonly { group: string; name: string }[]): string[] {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const last = /\s$/.test(line) ? '' : (words.at(-1) ?? '');
  const action = allCommands.find((command) => command.name === words[0]);
  const isFirst = words.length === 0 || (words.length === 1 && last !== '');
  const candidates =
    isFirst || words[0] === 'help'
      ? ['help', ...allCommands.map(({ name }) => name)].sort()
      : action?.completes === 'groups'
        ? [...new Set(infos.map((info) => info.group))]
        : action?.completes === 'programs'
          ? programNames(infos, last)
          : [];
  return candidates.filter((word) => word.startsWith(last)).map((word) => `${word} `);
}

/** Whether any completion of this line needs the names of programs. */
export function namesPrograms(line: string): boolean {
  const first = line.trimStart().split(/\s+/)[0];
  return /\S\s/.test(line) && allCommands.some((command) => command.name === first && command.completes);
}

function programNames(infos: readonly { group: string; name: string }[], word: string): string[] {
  const names = infos.flatMap(({ group, name }) =>
    word.includes(':') || name !== group ? [`${group}:${name}`, `${group}:*`] : [name],
  );
  return [...new Set(names)];
}
