import { dirname } from 'node:path';
import {
  formatIni,
  makeDirectory,
  parseIni,
  readTextIfPresent,
  setIniOption,
  UsageError,
  writeDurably,
} from '@gateway-engine/host';
import { isUnset, type SettingsKind, unset } from './settings/option.ts';

/** `gmq cfg` and `gmq log`: the file as it is; when there is none, the defaults in force, as they would stand in it. */
export async function printSettings(kind: SettingsKind, file: string): Promise<string> {
  return (await readTextIfPresent(file)) ?? defaultText(kind);
}

function defaultText({ options, defaultOption }: SettingsKind): string {
  const sections = Map.groupBy(options, ({ section }) => section);
  return formatIni(
    Array.from(sections, ([section, own]) => [
      section,
      own.map(({ name }) => [name, defaultOption(section, name) || unset] as const),
    ]),
  );
}

/**
 * `get [SECTION [OPTION]]`: the sections of the file, the options of one, or a value. An option that is not in
 * the file has its default.
 */
export async function getSettings(
  kind: SettingsKind,
  file: string,
  section?: string,
  option?: string,
): Promise<string> {
  const text = await readTextIfPresent(file);
  const sections = parseIni(text ?? defaultText(kind), { file });
  if (section === undefined) return lines(sections.keys());
  const options = sections.get(section);
  if (option !== undefined) {
    const name = option.toLowerCase();
    const given = text === undefined ? undefined : options?.get(name)?.value;
    const inForce = kind.defaultOption(section, name);
    const value = isUnset(given) ? inForce || (given ?? inForce) : given;
    if (value !== undefined) return lines([value]);
  }
  if (!options) throw new UsageError(`${file} has no section [${section}]`);
  if (option === undefined) return lines(options.keys());
  throw new UsageError(`${file} has no option ${option} in [${section}]`);
}

/** `set SECTION OPTION VALUE`: checked, then one line of the file changed. */
export async function setSetting(
  { checkOption }: SettingsKind,
  file: string,
  section: string,
  option: string,
  value: string,
): Promise<void> {
  const name = option.toLowerCase();
  if (/[\r\n]/.test(value)) throw new UsageError('a value may not have more than one line');
  checkOption(section, name, value, file);
  const text = (await readTextIfPresent(file)) ?? '';
  // A file that cannot be read is not to be made worse.
  parseIni(text, { file });
  await makeDirectory(dirname(file));
  await writeDurably(file, setIniOption(text, section, name, value));
}

function lines(texts: Iterable<string>): string {
  return Array.from(texts, (text) => `${text}\n`).join('');
}
