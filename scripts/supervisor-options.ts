/** Writes docs/supervisor-options.md from the list of options that the supervisor itself reads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flags } from '../packages/supervisor/src/command-line.ts';
import { acceptedValues, type Option } from '../packages/supervisor/src/config/options/option.ts';
import { programOptions } from '../packages/supervisor/src/config/options/program-options.ts';
import { type SectionKind, sectionKinds } from '../packages/supervisor/src/config/options/sections.ts';
import { eventTypes } from '../packages/supervisor/src/events/event-types.ts';

export const optionsPage = join(import.meta.dirname, '..', 'docs', 'supervisor-options.md');

/** The page as it should be. */
export function makeOptionsPage(): string {
  return `# Options of the supervisor

<!-- Made by scripts/supervisor-options.ts; change the lists in packages/supervisor/src/config/options and run it again. -->

Sections and options of the configuration of \`gwe-supervisord\`. They are those of Supervisor 4.2.5, and some of its own,
marked *own*, which a real \`supervisord\` refuses or ignores. A mistake is refused with the file, the line, the section, the
option and what is accepted there.

In every value \`%(here)s\` is the directory of the file it stands in, \`%(host_node_name)s\` the name of this machine and
\`%(ENV_NAME)s\` the environment variable NAME; a percent sign itself is \`%%\`. Programs and event listeners also have
\`%(program_name)s\`, \`%(group_name)s\`, \`%(numprocs)d\` and \`%(process_num)d\` (\`%(process_num)02d\` with two digits).

${sectionKinds.map(sectionText).join('\n')}
## Other sections

- \`[supervisorctl]\` and \`[ctlplugin:x]\` are for \`supervisorctl\` and are left alone.
- \`[rpcinterface:supervisor]\`, which a real \`supervisord\` needs, is accepted; other extensions in Python are refused.
- \`[fcgi-program:x]\` is refused: use a real \`supervisord\` for FastCGI programs.

## Event types

\`${eventTypes.join('`, `')}\`

\`EVENT\` stands for all of them; \`PROCESS_STATE\`, \`PROCESS_COMMUNICATION\`, \`PROCESS_LOG\`, \`SUPERVISOR_STATE_CHANGE\`,
\`TICK\` and \`PROCESS_GROUP\` stand for those that begin with them.
`;
}

function sectionText(kind: SectionKind): string {
  const options = kind.options.filter(
    (option) => kind.options === programOptions || !programOptions.includes(option),
  );
  const rest =
    options.length < kind.options.length
      ? '\nAll other options of `[program:x]` are accepted here too.\n'
      : '';
  const flagOf = kind.title === 'supervisord' ? (option: Option) => flag(option.name) : undefined;
  const head = ['Option', ...(flagOf ? ['Flag'] : []), 'Accepts', 'Default', 'Meaning'];
  const rows = options.map((option) => [
    `\`${option.name}\`${option.own ? ' *own*' : ''}`,
    ...(flagOf ? [flagOf(option)] : []),
    acceptedValues[option.type],
    defaultText(option),
    option.meaning,
  ]);
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return `## [${kind.title}]\n\n${kind.meaning}\n\n${table.join('\n')}\n${rest}`;
}

function defaultText(option: Option): string {
  if (option.required) return '*required*';
  if (option.default === undefined) return '';
  return option.default === '' ? 'empty' : `\`${option.default}\``;
}

function flag(name: string): string {
  const found = flags.find(([, option]) => option === name)?.[0];
  return found === undefined ? '' : `\`${found.replace(/ <.*/, '')}\``;
}

/** A bar would end the cell, an opening angle bracket would be read as markup. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(optionsPage, makeOptionsPage());
