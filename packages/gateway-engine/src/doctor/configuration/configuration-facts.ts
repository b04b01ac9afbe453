import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSettings, type Settings } from '@gateway-engine/gmq';
import { loadConfig } from '@gateway-engine/supervisor';
import { macAddress } from '../../configuration/network-interfaces.ts';
import type { HomeLayout } from '../../home/layout.ts';
import type { ExaminedGateway } from '../gateway.ts';
import type { Reading } from '../reading.ts';

export interface ConfigurationFacts {
  readonly files: Readonly<
    Record<'Gateway.cfg' | 'Engine.config' | 'gmq.cfg' | 'supervisord.conf', FileState>
  >;
  readonly product: string | undefined;
  readonly vendor: string | undefined;
  readonly serial: SerialState;
  /** Base URL that the engine and the queue are configured with; undefined: the vendor's, or not known. */
  readonly servers: { readonly engine: string | undefined; readonly queue: string | undefined };
  readonly secrets: readonly SecretFile[];
  /** User id of who owns the home's configuration; undefined where there is none. */
  readonly owner: number | undefined;
}

export interface FileState {
  readonly path: string;
  /** `elsewhere`: the gateway uses another one. */
  readonly kind: 'read' | 'missing' | 'bad' | 'elsewhere';
  readonly problem?: string;
  /** What is odd though it can be used. */
  readonly notes?: readonly string[];
}

/** `interface`: it is taken from one at the first start of the engine. `unknown`: Gateway.cfg cannot be read. */
export interface SerialState {
  readonly kind: 'set' | 'interface' | 'none' | 'unknown';
  readonly serial?: string;
  readonly iface?: string;
  /** Why the interface gives none. */
  readonly problem?: string;
}

export interface SecretFile {
  readonly path: string;
  readonly mode: number;
  readonly owner: number;
}

export async function configurationFacts(gateway: ExaminedGateway): Promise<ConfigurationFacts> {
  const { layout, identity, engine, supervisorUrl } = gateway;
  const queue = await queueSettings(gateway);
  const cfg = identity.kind === 'read' ? identity.value : undefined;
  const ownSupervisor = supervisorUrl === `unix://${layout.supervisorSocket}`;
  return {
    files: {
      'Gateway.cfg': stateOf(layout.gatewayCfg, identity),
      'Engine.config': stateOf(layout.engineConfig, engine),
      'gmq.cfg': stateOf(layout.gmqCfg, queue, (settings) =>
        settings.ignored.map((option) => `${option} is not known`),
      ),
      'supervisord.conf': ownSupervisor
        ? stateOf(layout.supervisordConf, await supervisorConfig(gateway), ({ warnings }) =>
            // Where no application has a program yet.
            warnings.filter((text) => !text.startsWith('No file matches via include')),
          )
        : { path: layout.supervisordConf, kind: 'elsewhere' },
    },
    product: cfg?.model,
    vendor: cfg?.vendor,
    serial: await serialOf(gateway),
    servers: {
      engine: engine.kind === 'read' ? engine.value.server : undefined,
      queue: queue.kind === 'read' ? queue.value.server : undefined,
    },
    secrets: await secretFiles(layout),
    owner: (await statusOf(layout.etc))?.uid,
  };
}

function stateOf<T>(path: string, reading: Reading<T>, notesOf?: (value: T) => readonly string[]): FileState {
  if (reading.kind === 'bad') return { path, kind: 'bad', problem: withoutVariables(reading.problem) };
  if (reading.kind === 'missing') return { path, kind: 'missing' };
  return { path, kind: 'read', notes: notesOf?.(reading.value) ?? [] };
}

/** What stands in the environment of a program may be a secret. */
function withoutVariables(problem: string): string {
  return problem.replace(/( environment: ).*/s, '$1its value cannot be read; write KEY="value",KEY2="value"');
}

export function queueSettings({
  layout: { gmqCfg, root },
  files,
}: Pick<ExaminedGateway, 'layout' | 'files'>): Promise<Reading<Settings>> {
  return files.readAs(gmqCfg, (text) => parseSettings(text, gmqCfg, root));
}

async function supervisorConfig({
  layout: { supervisordConf },
  files,
}: Pick<ExaminedGateway, 'layout' | 'files'>): Promise<Reading<{ warnings: readonly string[] }>> {
  return await files.readAs(supervisordConf, () => loadConfig(supervisordConf, process.env));
}

async function serialOf({ identity }: ExaminedGateway): Promise<SerialState> {
  if (identity.kind === 'bad') return { kind: 'unknown' };
  if (identity.kind === 'missing') return { kind: 'none' };
  const { uuid, iface } = identity.value;
  if (uuid !== undefined) return { kind: 'set', serial: uuid };
  if (iface === undefined) return { kind: 'none' };
  const address = await macAddress(iface).then(
    (serial) => ({ serial }),
    (error: Error) => ({ problem: error.message }),
  );
  return { kind: 'interface', iface, ...address };
}

/** Files that hold keys, tokens or the secrets of applications, and the folders around them. */
async function secretFiles(layout: HomeLayout): Promise<SecretFile[]> {
  const settings = (await namesIn(layout.appConfig))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(layout.appConfig, name));
  const databases = (await namesIn(layout.state))
    .filter((name) => /^(?:gwe|gmq)\.db(?:-wal|-shm|\.corrupt-.*)?$/.test(name))
    .map((name) => join(layout.state, name));
  const found: SecretFile[] = [];
  for (const path of [layout.gatewayCfg, layout.state, ...databases, ...settings]) {
    const status = await statusOf(path);
    if (status) found.push({ path, mode: status.mode & 0o777, owner: status.uid });
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isGoneOrClosed(error)) return [];
    throw error;
  }
}

async function statusOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isGoneOrClosed(error)) return undefined;
    throw error;
  }
}

/** Not there, or under what this user may not look into. */
function isGoneOrClosed(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
