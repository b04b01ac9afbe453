/** Writes docs/command-line.md from what the commands themselves read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allPages,
  type CommandPage,
  examplesOf,
  type HelpSection,
  type OptionEntry,
} from '../packages/host/src/command-line/descriptions.ts';
import { commonExitCodes } from '../packages/host/src/command-line/index.ts';
import { allCommands, environmentVariables } from './command-line/all-commands.ts';

export const commandPage = join(import.meta.dirname, '..', 'docs', 'command-line.md');

/** The page as it should be. */
export async function makeCommandPage(): Promise<string> {
  const programs = await allCommands();
  const contents = programs.map(({ name, summary }) => [
    `[\`${name}\`](#${name})`,
    text(firstSentence(summary)),
  ]);
  return `# Command line

<!-- Made by scripts/command-reference.ts from the commands themselves; run it again after a change of their options. -->

All commands of Gateway Engine, with every option. Each tells the same with \`--help\`, and has a manual page of the same
name (\`npm run man\` writes them).

${table(['command', ''], contents)}

## What all commands share

- Help goes to standard output, a mistake to standard error: one line that says what is wrong and what was probably meant.
- Colours are used on a terminal only, and not when \`NO_COLOR\` is set.
- What prints data prints it with \`--json\` as JSON, in a form that stays: [JSON](#json).
- \`COMMAND completion bash\`, \`zsh\` or \`fish\` prints a script that completes words, options and file names. Supervisor's
  commands have none, since their first word is an action.

${table(
  ['exit code', 'meaning'],
  commonExitCodes.map(([code, meaning]) => [String(code), text(meaning)]),
)}

Codes of one command alone are listed with it. A process that a signal ends has 128 and the number of the signal, as a
shell shows it.

${table(
  ['environment variable', 'meaning'],
  environmentVariables.map(([name, meaning]) => [`\`${name}\``, text(meaning)]),
)}

${jsonForms}
${programs.map(programText).join('\n')}`;
}

/** What is not described elsewhere, so that programs can rely on it. */
const jsonForms = `## JSON

Fields may be added; those that are here keep their names and meanings. Each option of \`gwe\` that prints something prints
one document. Answers of \`gwe-platform\` are those of the admin API.

${table(
  ['call', 'prints'],
  [
    ['`gwe --path`', '`{"path"}`'],
    ['`gwe --gateway-cik`', '`{"cik"}`, null when not activated'],
    ['`gwe --mac-address IFACE`', '`{"interface", "mac_address"}`'],
    [
      '`gwe --engine-conf`, `--gateway-cfg`, `--set-...`',
      '`{"file", "sections": {SECTION: {OPTION: VALUE}}}`; values are texts, empty where they are not set',
    ],
    ['`gwe --check-buildfile FILE`', '`{"file", "ok", "unknown_keys"}`'],
    [
      '`gwe --check-tarball FILE`',
      '`{"file", "ok", "app", "version", "kind", "installer", "entries", "bytes", "top_directory", "manifest"}`',
    ],
    ['`gwe --build-app FILE`', '`{"tarball"}`'],
    [
      '`gwe history`',
      'a list of `{"began", "changed", "what", "app", "version", "from", "source", "state", "because", "reason"}`',
    ],
    [
      '`gwe --install-apps`, `gwe install`',
      'a list of outcomes: entries as of `gwe history`, with `"text"`, which is what is printed without `--json`',
    ],
    ['`gwe remove`, `gwe rollback`', 'one outcome'],
    ['`gwe status`', '[what it shows](reports.md#gwe-status), in bytes and ISO 8601 times'],
    ['`gwe config APP`', '`{"app", "version", "values"}`'],
    [
      '`gwe config APP set`, `unset`',
      '`{"app", "name", "applied"}`; `applied` is `kept`, `delivered`, `restarted` or `offline`',
    ],
    ['`gwe enroll`, `gwe doctor`, `gwe logs`, `gwe top`', '[Looking at a gateway](command-line-tools.md)'],
    ['`gwe new`', '`{"app", "template", "folder", "files", "next"}`'],
    ['`gwe publish`', '`{"product", "version", "fingerprint", "targets", "uploaded", "withdrawn"}`'],
    ['`gwe bundle`', '`{"product", "bundle"}`'],
    ['`gwe keys create`', '`{"product", "fingerprint", "keys", "expires"}`'],
    ['`gwe keys list`', '`{"products"}`'],
    ['`gwe keys rotate`, `gwe keys renew`', '`{"product", "version", "expires", "added", "removed"}`'],
    ['`gwe keys export-root`', '`{"product", "sha256", "file"}`'],
    ['`gmq --cfg-path`, `--log-cfg-path`', '`{"path"}`'],
    ['`gmq cfg`, `gmq log`', '`{"file", "sections": {SECTION: {OPTION: VALUE}}}`'],
    [
      '`gmq cfg get`, `gmq log get`',
      '`{"sections"}`; of a section `{"section", "options"}`; of an option `{"section", "option", "value"}`',
    ],
    ['`gmq cfg set`, `gmq log set`', '`{"file", "section", "option", "value", "needs_restart"}`'],
    ['`gmq reread`', '`{"reread", "remark"}`'],
    ['`gmq status`', '[the figures](message-queue.md#status-drain-export)'],
    ['`gmq drain`', '`{"gone"}`, points'],
    ['`gdc write`, `gdc record`', '`{"status", "date"}`'],
    ['`gdc read`', '`{ALIAS: VALUE}`, null where there is no value'],
    ['`gdc activate`', '`{"cik"}`'],
    ['`gdc content list`', 'a list of ids'],
    ['`gdc content info`', '`{"contentType", "size", "updated", "meta"}`'],
    ['`gdc traffic`', '`{"file", "totals", "kernel"}`'],
    ['`gdc timestamp`', '`{"timestamp"}`'],
    ['`gdc --path`, `gdc --build-id`', '`{"path"}`, `{"build_id"}`'],
    ['`gwe-platform content delete`', '`{"deleted"}`'],
    ['`gwe-platform serve`', '`{"url"}`, once it listens'],
  ],
)}
`;

function programText(program: CommandPage): string {
  return allPages(program)
    .map((page) => commandText(page, page === program ? '##' : '###'))
    .join('\n');
}

function commandText(page: CommandPage, heading: string): string {
  // Each command has it: said once.
  const options = page.options.filter(({ flags }) => heading === '##' || flags !== '-h, --help');
  const parts = [
    `${heading} ${page.name}`,
    text(page.description),
    `\`${page.usage}\``,
    ...(page.arguments.length > 0
      ? [
          table(
            ['argument', 'meaning'],
            page.arguments.map(({ term, meaning }) => [`\`${term}\``, text(meaning)]),
          ),
        ]
      : []),
    ...(options.length > 0 ? [optionTable('option', options)] : []),
    ...(page.shared.length > 0 ? [optionTable('option of every command', page.shared)] : []),
    ...(page.commands.length > 0
      ? [
          table(
            ['command', ''],
            page.commands.map(({ name, summary }) => [`[\`${name}\`](#${anchor(name)})`, text(summary)]),
          ),
        ]
      : []),
    ...page.sections.map(sectionText),
  ];
  return `${parts.join('\n\n')}\n`;
}

function optionTable(title: string, options: readonly OptionEntry[]): string {
  return table(
    [title, 'meaning'],
    options.map(({ flags, meaning }) => [`\`${flags}\``, text(meaning)]),
  );
}

function sectionText({ title, lines }: HelpSection): string {
  if (title === undefined) return text(lines.join('\n'));
  const isExamples = /^Examples?$/.test(title);
  const rows = examplesOf(lines).map(([call, meaning = '']) => [`\`${call}\``, text(meaning)]);
  return table([isExamples ? 'example' : title.toLowerCase().replace(/s$/, ''), ''], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map(
      (cells) => `| ${cells.map((each) => each.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
    )
    .join('\n');
}

/** An opening angle bracket would be read as markup, a star or an underscore as emphasis. */
function text(given: string): string {
  return given.replaceAll('<', '&lt;').replace(/[*_]/g, '\\$&');
}

function firstSentence(given: string): string {
  return /^.*?\.(?=\s)/s.exec(given)?.[0].replaceAll('\n', ' ') ?? given;
}

function anchor(name: string): string {
  return name.replaceAll(' ', '-');
}

if (import.meta.main) writeFileSync(commandPage, await makeCommandPage());
