import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { ConfigurationFacts, FileState, SecretFile, SerialState } from './configuration-facts.ts';

/** Whether the configuration can be read, says who the gateway is, and keeps its secrets. */
export function judgeConfiguration(facts: ConfigurationFacts): Finding[] {
  return [
    ...Object.entries(facts.files).map(([name, state]) => judgeFile(name, state)),
    judgeProduct(facts),
    judgeSerial(facts.serial),
    judgeServers(facts),
    judgeSecrets(facts.secrets, facts.owner),
  ];
}

const withoutFile: Readonly<Record<string, string>> = {
  'Gateway.cfg': 'gwe enroll makes it',
  'Engine.config': 'gwe enroll makes it; until then all options have their defaults',
  'gmq.cfg': 'gwe enroll makes it; until then all options have their defaults',
  'supervisord.conf': 'gwe enroll makes it; without it nothing starts engine and queue',
};

function judgeFile(file: string, { path, kind, problem = '', notes = [] }: FileState): Finding {
  const name = `config.${file}`;
  if (kind === 'elsewhere') return skipped(name, 'Engine.config names a supervisor of its own configuration');
  if (kind === 'missing') {
    const advice = withoutFile[file] ?? '';
    const hasDefaults = advice.includes('defaults');
    return hasDefaults
      ? warning(name, `there is no ${path}`, advice)
      : failed(name, `there is no ${path}`, advice);
  }
  if (kind === 'bad') {
    return failed(name, problem, `correct ${path}; or move it aside, and gwe enroll makes a new one`);
  }
  return notes.length === 0
    ? ok(name, `${path} can be read`)
    : warning(name, notes.join('; '), `look at ${path}: what is not known has no effect`);
}

function judgeProduct({ files, product, vendor }: ConfigurationFacts): Finding {
  const name = 'config.product';
  if (files['Gateway.cfg'].kind === 'bad') return skipped(name, 'Gateway.cfg cannot be read');
  if (product === undefined || vendor === undefined) {
    return failed(name, 'no product is configured', 'gwe enroll --product ID');
  }
  return ok(name, product === vendor ? product : `model ${product} of vendor ${vendor}`);
}

function judgeSerial(state: SerialState): Finding {
  const name = 'config.serial';
  if (state.kind === 'unknown') return skipped(name, 'Gateway.cfg cannot be read');
  if (state.kind === 'none') {
    return failed(
      name,
      'the gateway has no serial number, and no interface to take it from: the engine does not start',
      'gwe enroll --serial SN, or --iface IFACE',
    );
  }
  if (state.kind === 'set') return ok(name, state.serial ?? '');
  if (state.problem !== undefined) {
    return failed(
      name,
      `${state.problem} (iface in Gateway.cfg)`,
      'gwe --set-iface IFACE, or gwe --set-uuid SN',
    );
  }
  return ok(name, `${state.serial}, from ${state.iface} at the first start of the engine`);
}

function judgeServers({ files, servers: { engine, queue } }: ConfigurationFacts): Finding {
  const name = 'config.server';
  if (files['Engine.config'].kind === 'bad' || files['gmq.cfg'].kind === 'bad') {
    return skipped(name, 'Engine.config or gmq.cfg cannot be read');
  }
  const shown = (server: string | undefined) => server ?? "the vendor's own host";
  if (engine === queue) return ok(name, shown(engine));
  return warning(
    name,
    `the engine speaks to ${shown(engine)}, the queue to ${shown(queue)}`,
    `set both: gwe --set-server ${engine ?? "''"}, then gmq reread`,
  );
}

function judgeSecrets(secrets: readonly SecretFile[], owner: number | undefined): Finding {
  const name = 'config.secrets';
  if (secrets.length === 0) return skipped(name, 'there are no files with keys yet');
  const open = secrets.filter(({ mode }) => (mode & 0o077) !== 0);
  if (open.length > 0) {
    const shown = open.map(({ path, mode }) => `${path} (${mode.toString(8).padStart(4, '0')})`);
    return failed(
      name,
      `other users of this machine may get at ${shown.join(', ')}`,
      `chmod go= ${open.map(({ path }) => path).join(' ')}; if strangers use this machine, have the device enabled anew for another CIK`,
    );
  }
  const foreign = secrets.filter((each) => owner !== undefined && each.owner !== owner);
  if (foreign.length > 0) {
    const paths = foreign.map(({ path }) => path).join(', ');
    return warning(
      name,
      `${paths}: of another user than etc/, so that the engine may not read or write it`,
      `chown them to the user of the engine, who has the id ${owner} by etc/`,
    );
  }
  return ok(name, `${secrets.length} files and folders with keys are for their owner alone`);
}
