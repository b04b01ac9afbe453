import { parseIni, readTextIfPresent, setIniOption, writeDurably } from '@gateway-engine/host/basics';

/** Who the gateway is: `Gateway.cfg`, section `[device]`. Undefined where an option is not set. */
export interface GatewayCfg {
  readonly cik: string | undefined;
  readonly model: string | undefined;
  readonly vendor: string | undefined;
  readonly uuid: string | undefined;
  readonly iface: string | undefined;
}

const options = ['cik', 'model', 'vendor', 'uuid', 'iface'] as const satisfies readonly (keyof GatewayCfg)[];
const section = 'device';
/** How an unset option is written. */
const unset = "''";

export const gatewayCfgTemplate = `[${section}]\n${options.map((option) => `${option} = ${unset}\n`).join('')}`;

/** Reads the text of Gateway.cfg; two quotes and nothing at all both mean unset. Throws IniError. */
export function parseGatewayCfg(text: string, file: string): GatewayCfg {
  const found = parseIni(text, { file }).get(section);
  const read = (option: string) => {
    const value = found?.get(option)?.value;
    return value === undefined || value === '' || value === unset ? undefined : value;
  };
  return {
    cik: read('cik'),
    model: read('model'),
    vendor: read('vendor'),
    uuid: read('uuid'),
    iface: read('iface'),
  };
}

export async function readGatewayCfg(file: string): Promise<GatewayCfg> {
  return parseGatewayCfg(await gatewayCfgText(file), file);
}

/** The text of the file, or of the one that would be made. */
export async function gatewayCfgText(file: string): Promise<string> {
  return (await readTextIfPresent(file)) ?? gatewayCfgTemplate;
}

/** Sets options, undefined unsets; keeps every other line. The file holds the CIK, so only its owner may read it. */
export async function changeGatewayCfg(file: string, changes: Partial<GatewayCfg>): Promise<GatewayCfg> {
  let text = await gatewayCfgText(file);
  for (const option of options) {
    if (option in changes) text = setIniOption(text, section, option, changes[option] || unset);
  }
  const changed = parseGatewayCfg(text, file);
  await writeDurably(file, text, { mode: 0o600 });
  return changed;
}
