import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandLine,
  operatorVariables,
  type RunningPlatform,
  runCommandLine,
  startPlatform,
} from '@gateway-engine/demo';
import { DeviceClient } from '@gateway-engine/device-client';
import { systemClock } from '@gateway-engine/host';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { GmqUnderTest } from './gmq-under-test.ts';
import { MisbehavingFront } from './misbehaving-front.ts';
import type { Audit, PointLedger, StoredPoint } from './point-ledger.ts';

const product = 'queue';
const named = ['named-1', 'named-2'];

/** A device whose data goes through the queue, and the header by which programs name it. */
export interface Speaker {
  readonly sn: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SitePlan {
  /** Words that start `gmq`; from the sources on Node.js unless given. */
  readonly gmq?: readonly string[] | undefined;
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly env?: NodeJS.ProcessEnv;
  /** Aliases of text resources that each device has. */
  readonly aliases: readonly string[];
}

/**
 * A queue, its platform, and a front between them: real processes and sockets in a temporary folder. Three devices
 * speak: two that the queue activates by itself, and one with a key.
 */
export class QueueSite implements AsyncDisposable {
  readonly folder: string;
  readonly speakers: readonly Speaker[];
  /** A device that nobody looks at. */
  readonly stray: Speaker;
  readonly platform: RunningPlatform;
  readonly front: MisbehavingFront;
  readonly gmq: GmqUnderTest;
  readonly #parts: AsyncDisposableStack;

  private constructor(parts: {
    folder: string;
    speakers: Speakers;
    platform: RunningPlatform;
    front: MisbehavingFront;
    gmq: GmqUnderTest;
    stack: AsyncDisposableStack;
  }) {
    this.folder = parts.folder;
    this.speakers = parts.speakers.observed;
    this.stray = parts.speakers.stray;
    this.platform = parts.platform;
    this.front = parts.front;
    this.gmq = parts.gmq;
    this.#parts = parts.stack;
  }

  static async start(plan: SitePlan): Promise<QueueSite> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder()).path;
    await mkdir(join(folder, 'log'));
    const platform = await startPlatform(
      {
        data: join(folder, 'platform'),
        port: await freePort(),
        pages: join(folder, 'no-pages'),
        logFile: join(folder, 'log', 'platform.log'),
      },
      { clock: systemClock, onPid: () => {}, onRestart: () => {} },
    );
    stack.defer(() => platform.process.stop());
    const speakers = await enrol(platform, plan.aliases);
    const front = stack.use(await MisbehavingFront.start(platform.url));
    const gmq = stack.use(
      await GmqUnderTest.start({
        home: join(folder, 'home'),
        command: plan.gmq ?? commandLine('gmq'),
        platform: front.url,
        ...(plan.settings ? { settings: plan.settings } : {}),
        ...(plan.env ? { env: plan.env } : {}),
      }),
    );
    // The platform gives a key once: an answer that is lost by a fault would leave the device to an operator.
    for (const sn of named) await activated(gmq.url, sn);
    return new QueueSite({ folder, speakers, platform, front, gmq, stack: stack.move() });
  }

  /** Lets the devices that are known by name activate themselves again, as an operator does; their keys are dead. */
  async enableNamed(): Promise<void> {
    for (const sn of named) {
      const answer = await fetch(`${this.platform.url}/api/v1/products/${product}/devices/${sn}/enable`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${this.platform.administrator.token}` },
      });
      if (!answer.ok) throw new Error(`the platform answered ${answer.status} to the enabling of ${sn}`);
    }
  }

  /**
   * Resolves when everything of the speakers is at the platform, or set aside. A damaged request can be one of a key that
   * nobody has; what came with it waits for good.
   */
  async drained(timeoutMs = 60_000): Promise<void> {
    await waitUntil('the queue to drain', async () => (await this.#waiting()) === 0, {
      timeoutMs,
      everyMs: 500,
    }).catch(async (cause) => {
      throw new Error(
        `the queue is not empty: ${await this.gmq.run('status')}\n${this.gmq.log.slice(-2000)}`,
        {
          cause,
        },
      );
    });
  }

  async #waiting(): Promise<number> {
    const keys = this.speakers.flatMap(({ headers }) => headers['X-Exosite-CIK']?.slice(0, 8) ?? []);
    const ofSpeakers = (await this.gmq.status()).identities.filter(({ serial, cik }) =>
      serial === null ? keys.includes(cik?.slice(0, 8) ?? '') : named.includes(serial),
    );
    return ofSpeakers.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  audit(ledger: PointLedger): Promise<Audit & { readonly examples: readonly string[] }> {
    return ledger.audit((sn, alias) => this.history(sn, alias));
  }

  /** All points of a resource that the platform's store has. */
  async history(sn: string, alias: string): Promise<StoredPoint[]> {
    const page = 10_000;
    const points: StoredPoint[] = [];
    for (let start = 0; ; start = (points.at(-1)?.[0] ?? 0) + 1) {
      const path = `products/${product}/devices/${sn}/resources/${alias}/history`;
      const answer = await fetch(
        `${this.platform.url}/api/v1/${path}?start=${start}&limit=${page}&sort=asc`,
        { headers: { Authorization: `Bearer ${this.platform.administrator.token}` } },
      );
      if (!answer.ok) throw new Error(`the platform answered ${answer.status} to ${path}`);
      const next = ((await answer.json()) as { points: StoredPoint[] }).points;
      points.push(...next);
      if (next.length < page) return points;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

interface Speakers {
  readonly observed: readonly Speaker[];
  readonly stray: Speaker;
}

async function enrol(platform: RunningPlatform, aliases: readonly string[]): Promise<Speakers> {
  const env = { ...process.env, ...operatorVariables(platform) };
  const operator = (...args: string[]) => runCommandLine('gwe-platform', args, { env });
  const resources = aliases.flatMap((alias) => ['--resource', `${alias}:string`]);
  await operator('product', 'create', product, ...resources);
  for (const sn of [...named, 'keyed', 'stray']) await operator('device', 'add', product, sn);
  const client = new DeviceClient({ server: platform.url });
  const withKey = async (sn: string): Promise<Speaker> => {
    const cik = await client.activate({ vendor: product, model: product, serial: sn });
    return { sn, headers: { 'X-Exosite-CIK': cik } };
  };
  const withName = (sn: string) => ({ sn, headers: { 'X-Exosite-VMS': `${product} ${product} ${sn}` } });
  try {
    const observed = [...named.map(withName), await withKey('keyed')];
    return { observed, stray: await withKey('stray') };
  } finally {
    client.close();
  }
}

/** Resolves when the queue has the device's key. */
async function activated(gmq: string, sn: string): Promise<void> {
  const body = `vendor=${product}&model=${product}&sn=${sn}`;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await waitUntil(`the activation of ${sn}`, async () => {
    const answer = await fetch(`${gmq}/provision/activate`, { method: 'POST', headers, body });
    return answer.status === 200;
  });
}
