import { existsSync } from 'node:fs';
import { gatewayAliases, isKey } from '@gateway-engine/device-api';
import { DeviceClient, trafficFile } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { defaultUserAgent } from '../../version.ts';
import type { ExaminedGateway } from '../gateway.ts';
import { type Attempt, attempt } from '../reading.ts';

/** A whole call may take so long. */
const callMs = 5_000;

export interface PlatformFacts {
  readonly server: string;
  /** The platform's time, and the gateway's at the answer; milliseconds since 1970. */
  readonly time: Attempt<{ readonly platform: number; readonly own: number }>;
  /** `none`: the gateway has not been activated; `bad`: what stands there is none. */
  readonly key: 'none' | 'bad' | 'present' | 'unreadable';
  /** A read with that key; undefined when none was made. */
  readonly read: Attempt<unknown> | undefined;
}

/** Asks the platform for its time, and with the gateway's key for a value that every check-in asks for. */
export async function platformFacts(
  gateway: ExaminedGateway,
): Promise<PlatformFacts | { readonly unknown: string }> {
  const { server, identity, clock } = gateway;
  if ('unknown' in server) return server;
  const cik = identity.kind === 'read' ? identity.value.cik : undefined;
  const key = keyOf(identity.kind, cik);
  // What the environment says of a proxy may make no sense.
  const opened = await attempt(() => openClient(gateway, server.url, key === 'present' ? cik : undefined));
  if ('error' in opened) return { unknown: describeError(opened.error) };
  const client = opened.value;
  try {
    const time = await attempt(async () => ({
      platform: (await client.timestamp()) * 1000,
      own: clock.now(),
    }));
    const reached = 'value' in time || isAnswer(time.error);
    const read =
      key === 'present' && reached
        ? await attempt(() => client.read([gatewayAliases.updateInterval]))
        : undefined;
    return { server: server.url, time, key, read };
  } finally {
    client.close();
  }
}

function openClient({ layout }: ExaminedGateway, server: string, cik: string | undefined): DeviceClient {
  return new DeviceClient({
    server,
    cik,
    userAgent: defaultUserAgent,
    // Nothing is made in a home that is not there.
    accounting: existsSync(layout.state)
      ? (trafficFile(process.env.GWE_TRAFFIC_DB ?? layout.accounts) ?? false)
      : false,
    program: 'gwe',
    trafficClass: 'control',
    timeoutMs: callMs,
    wholeTimeoutMs: callMs,
  });
}

function keyOf(kind: ExaminedGateway['identity']['kind'], cik: string | undefined): PlatformFacts['key'] {
  if (kind === 'bad') return 'unreadable';
  if (cik === undefined) return 'none';
  return isKey(cik) ? 'present' : 'bad';
}

/** Whether an error is what a server answered. */
export function isAnswer(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['HTTP_STATUS', 'PROTOCOL'].includes(String(error.code))
  );
}
