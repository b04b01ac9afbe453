import { readFile } from 'node:fs/promises';
import { defaultServer, type GatewayCfg, parseGatewayCfg } from '@gateway-engine/device-client';
import { type Clock, describeError } from '@gateway-engine/host';
import { type EngineConfig, parseEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { FileReadings, Reading } from './reading.ts';

/** What all checks go by: where the gateway's things are, and how it is configured, as far as that can be read. */
export interface ExaminedGateway {
  readonly layout: HomeLayout;
  readonly clock: Clock;
  readonly files: FileReadings;
  readonly identity: Reading<GatewayCfg>;
  readonly engine: Reading<EngineConfig>;
  /** The platform's base URL; or why it is not known. */
  readonly server: { readonly url: string } | { readonly unknown: string };
  readonly supervisorUrl: string;
}

export async function examine(
  layout: HomeLayout,
  clock: Clock,
  files: FileReadings,
): Promise<ExaminedGateway> {
  const [identity, engine] = await Promise.all([
    files.readAs(layout.gatewayCfg, (text) => parseGatewayCfg(text, layout.gatewayCfg)),
    files.readAs(layout.engineConfig, (text) => parseEngineConfig(text, layout.engineConfig, layout)),
  ]);
  const configured = engine.kind === 'read' ? engine.value.supervisorUrl : undefined;
  return {
    layout,
    clock,
    files,
    identity,
    engine,
    server: serverOf(identity, engine),
    supervisorUrl: configured ?? `unix://${layout.supervisorSocket}`,
  };
}

/** Where the engine would send its check-ins to. */
export function serverOf(
  identity: Reading<Pick<GatewayCfg, 'vendor'>>,
  engine: Reading<Pick<EngineConfig, 'server'>>,
): ExaminedGateway['server'] {
  if (engine.kind === 'bad') return { unknown: 'Engine.config, which names the platform, cannot be read' };
  const named = engine.kind === 'read' ? engine.value.server : undefined;
  if (named !== undefined && URL.parse(named)?.username) {
    return {
      unknown: 'the address of the platform in Engine.config holds a name or password, which it may not',
    };
  }
  if (named !== undefined) return { url: named };
  if (identity.kind === 'bad') return { unknown: 'Gateway.cfg, which names the product, cannot be read' };
  const vendor = identity.kind === 'read' ? identity.value.vendor : undefined;
  if (vendor === undefined) return { unknown: 'neither a platform nor a product is configured' };
  try {
    return { url: defaultServer(vendor) };
  } catch (error) {
    return { unknown: describeError(error) };
  }
}

/** A file of the kernel's; empty where it has none. */
export async function kernelFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    // Without IPv6, or in a container, some are missing or closed.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
