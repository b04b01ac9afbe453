import { dirname } from 'node:path';
import {
  makeDirectory,
  parseIni,
  readTextIfPresent,
  setIniOption,
  UsageError,
  writeDurably,
} from '@gateway-engine/host';
import { isUnset, type SettingsKind } from './settings/option.ts';

/** `gmq cfg` and `gmq log`: the file as it is; a missing one is empty, since everything has a default. */
export async function printSettings(file: string): Promise<string> {
  return (await readTextIfPresent(file)) ?? '';
}

/**
 * `get [SECTION [OPTION]]`: the sections of the file, the options of one, or a value. An option that is not in
 * the file has its default.
 */
export async function getSettings(
  { defaultOption }: SettingsKind,
  file: string,
  section?: string,
  option?: string,
): Promise<string> {
  const sections = parseIni(await printSettings(file), { file });
  if (section === undefined) return lines(sections.keys());
  const options = sections.get(section);
  if (option !== undefined) {
    const name = option.toLowerCase();
    const given = options?.get(name)?.value;
    const inForce = defaultOption(section, name);
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
  const text = await printSettings(file);
  // A file that cannot be read is not to be made worse.
  parseIni(text, { file });
  await makeDirectory(dirname(file));
  await writeDurably(file, setIniOption(text, section, name, value));
}

function lines(texts: Iterable<string>): string {
  return Array.from(texts, (text) => `${text}\n`).join('');
}
