import { iniObject } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import type { SettingsKind } from './settings/option.ts';
import { countsFromStart, gmqCfg } from './settings.ts';
import { getSettings, printSettings, setSetting } from './settings-command.ts';

interface SettingsWords {
  readonly name: string;
  readonly what: string;
  readonly kind: SettingsKind;
  readonly file: () => string;
  /** The data with --json, else the text. */
  readonly print: (data: unknown, text: string) => void;
}

/** `gmq cfg` and `gmq log`, with `get` and `set`. */
export function addSettingsCommands(program: Command, words: SettingsWords): void {
  const { name, what, kind, file, print } = words;
  const [section, option, value] =
    kind === gmqCfg ? ['unq', 'batch_record_period', '60'] : ['logger_upload', 'level', 'DEBUG'];
  const settings = program
    .command(name)
    .description(`print ${what}`)
    .action(async () => {
      const text = await printSettings(kind, file());
      print({ file: file(), sections: iniObject(text, file()) }, text);
    });
  withExamples(settings, [
    [`gmq ${name}`, 'the file'],
    [`gmq ${name} get ${section}`, 'the options of a section'],
    [`gmq ${name} set ${section} ${option} ${value}`, 'then gmq reread'],
  ]);
  const get = settings
    .command('get [section] [option]')
    .description('list sections, list the options of a section, or print a value')
    .action(async (inSection?: string, named?: string) => {
      const text = await getSettings(kind, file(), inSection, named);
      const lines = text.replace(/\n$/, '').split('\n');
      if (named !== undefined)
        print({ section: inSection, option: named, value: text.replace(/\n$/, '') }, text);
      else if (inSection !== undefined) print({ section: inSection, options: lines.filter(Boolean) }, text);
      else print({ sections: lines.filter(Boolean) }, text);
    });
  withExamples(get, [
    [`gmq ${name} get`, 'the sections'],
    [`gmq ${name} get ${section} ${option}`, 'a value'],
    [`gmq ${name} get ${section} ${option} --json`, 'for programs'],
  ]);
  const set = settings
    .command('set <section> <option> <value>')
    .description('change an option; follow with gmq reread, some with a restart')
    .action(async (inSection: string, named: string, given: string) => {
      await setSetting(kind, file(), inSection, named, given);
      const restart = kind === gmqCfg && countsFromStart(inSection, named.toLowerCase());
      print({ file: file(), section: inSection, option: named, value: given, needs_restart: restart }, '');
      if (restart) process.stderr.write(`gmq: [${inSection}] ${named} counts from the next start of gmq\n`);
    });
  withExamples(set, [[`gmq ${name} set ${section} ${option} ${value} && gmq reread`]]);
}
