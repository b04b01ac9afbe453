import {
  allPages,
  type CommandPage,
  examplesOf,
  type HelpSection,
} from '../../packages/host/src/command-line/descriptions.ts';
import { environmentVariables } from './all-commands.ts';

/** The manual page of a program, in the macros of man(7). The same for the same command: it has no date. */
export function manPage(page: CommandPage, parts: { version: string; others: readonly string[] }): string {
  const summary = /^.*?(?=\.\s|\.?$)/s.exec(page.summary)?.[0].replaceAll('\n', ' ') ?? '';
  const exitCodes = page.sections.find(({ title }) => title === 'Exit codes');
  const lines = [
    `.TH ${page.name.toUpperCase().replaceAll('-', '\\-')} 1 "" "Gateway Engine ${parts.version}" "Gateway Engine"`,
    // Commands are copied from here: no hyphens within words.
    '.nh',
    '.SH NAME',
    `${roff(page.name)} \\- ${roff(summary)}`,
    '.SH SYNOPSIS',
    `.B ${roff(page.usage)}`,
    '.SH DESCRIPTION',
    paragraph(page.description),
    ...page.sections
      .filter(({ title }) => title === undefined)
      .flatMap(({ lines: own }) => ['.PP', paragraph(own.join('\n'))]),
    '.SH OPTIONS',
    ...termsOf(page),
    ...(page.commands.length > 0
      ? ['.SH COMMANDS', ...page.commands.flatMap(allPages).flatMap(commandLines)]
      : []),
    ...examples('.SH EXAMPLES', page.sections),
    ...(exitCodes
      ? [
          '.SH EXIT STATUS',
          ...examplesOf(exitCodes.lines).flatMap(([code, meaning = '']) => term(code, meaning)),
        ]
      : []),
    '.SH ENVIRONMENT',
    ...environmentVariables.flatMap(([name, meaning]) => term(name, meaning)),
    '.SH SEE ALSO',
    parts.others.map((name) => `.BR ${roff(name)} (1)`).join(',\n'),
  ];
  return `${lines.join('\n')}\n`.replace(/\(1\),\n/g, '(1) ,\n');
}

function commandLines(given: CommandPage): string[] {
  // Each command has it: said once.
  const page = { ...given, options: given.options.filter(({ flags }) => flags !== '-h, --help') };
  return [
    `.SS ${roff(page.usage)}`,
    paragraph(page.description),
    ...termsOf(page),
    ...page.sections
      .filter(({ title }) => title === undefined || !/^(Examples?|Exit codes)$/.test(title))
      .flatMap(otherSection),
    ...examples('.PP\nExamples:', page.sections),
  ];
}

function otherSection({ title, lines }: HelpSection): string[] {
  if (title === undefined) return ['.PP', paragraph(lines.join('\n'))];
  return [
    '.PP',
    `${roff(title)}:`,
    ...examplesOf(lines).flatMap(([call, meaning = '']) => term(call, meaning)),
  ];
}

/** Options of every command stand with the program alone. */
function termsOf({ arguments: given, options }: CommandPage): string[] {
  return [
    ...given.flatMap((argument) => term(argument.term, argument.meaning)),
    ...options.flatMap(({ flags, meaning }) => term(flags, meaning)),
  ];
}

function examples(head: string, sections: readonly HelpSection[]): string[] {
  const lines = sections
    .filter(({ title }) => /^Examples?$/.test(title ?? ''))
    .flatMap((section) => section.lines);
  if (lines.length === 0) return [];
  return [
    head,
    ...examplesOf(lines).flatMap(([call, meaning]) => [
      '.PP',
      '.EX',
      `    ${roff(call)}`,
      '.EE',
      ...(meaning === undefined ? [] : ['.RS 4', paragraph(meaning), '.RE']),
    ]),
  ];
}

function term(name: string, meaning: string): string[] {
  return ['.TP', `.B ${roff(name)}`, meaning === '' ? '\\&' : paragraph(meaning)];
}

function paragraph(text: string): string {
  return text.split('\n').map(roff).join('\n');
}

/** A backslash begins a command of roff, and so do a dot and a quote at the beginning of a line. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq');
  return escaped.replace(/^[.']/, '\\&$&').replaceAll("'", '\\(aq');
}
