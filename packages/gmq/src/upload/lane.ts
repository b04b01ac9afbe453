import type { BodyEncoding, VendorModelSerial } from '@gateway-engine/device-api';
import {
  type Verdict as BudgetVerdict,
  type DeviceClient,
  defaultServer,
} from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import type { Priority } from '../settings/priorities.ts';
import type { Settings } from '../settings.ts';
import { describeIdentity, type Identity } from '../store/identity.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { Encodings } from './encodings.ts';
import { coveredRows, groupByAlias, type PlannedPoint, planBatch } from './plan.ts';
import { Backoff, networkSchedule, refusedSchedule } from './schedules.ts';
import type { Slots } from './slots.ts';
import { type Failure, Trouble } from './trouble.ts';
import { isActivationRefused, judgeUpload, type Verdict } from './verdict.ts';
import { isOpen } from './window.ts';

export type UploadClient = Pick<DeviceClient, 'record' | 'activate' | 'capabilities' | 'close' | 'cik'>;

export interface LaneParts {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly settings: () => Settings;
  readonly slots: Slots;
  readonly encodings: Encodings;
  readonly connect: (server: string, cik: string | undefined) => UploadClient;
  /** The key of this device if it is the gateway itself: the engine has activated that one, and it can be done once. */
  readonly gatewayKey: (device: VendorModelSerial) => Promise<string | undefined>;
  /** Whether the gateway's byte budget lets records go to this server now. */
  readonly budget: (server: string) => Promise<BudgetVerdict>;
  /** Told of every upload that did not get through. */
  readonly onFailure?: (failure: Failure) => void;
}

interface Turn {
  readonly identity: Identity;
  readonly server: string;
  readonly client: UploadClient;
  encoding: BodyEncoding | undefined;
  renewed: boolean;
  /** Whether a refused point gave way to an earlier one of its alias and second, which is now to be sent. */
  leftover: boolean;
}

/** Largest body of one upload, before it is compressed: about 13 s on a 40 kbit/s link without that. */
const uploadBytes = 64 * 1024;
const removedAtOnce = 1000;
/** A shorter upload is not worth a question about compression. */
const worthAskingBytes = 1024;
/** Writes that come closer together share an upload: the platform keeps one point per alias and second anyhow. */
const spacingMs = 500;
const mostRequests = 100_000;
/** How often the byte budget is asked again while it holds records back. */
const budgetAskedMs = 60_000;

const freshTurn = { encoding: undefined, renewed: false, leftover: false } as const;

/**
 * Carries the records of one identity to the platform, in the order they came, one upload at a time, trying for ever.
 *
 * Invariants: a row leaves the queue only after the platform's 204 for it, or to the dead letters after a refusal of
 * that row alone; no failure of one identity holds up another.
 */
export class Lane {
  readonly #id: number;
  readonly #parts: LaneParts;
  /** Rows up to this id are to be uploaded now. 0: nothing to do. */
  #goal = 0;
  /** Rows up to this id go whatever the window says. */
  #drained = 0;
  #activationWanted = false;
  #running: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  #nap: AbortController | undefined;
  readonly #backoff = new Backoff();
  readonly #trouble: Trouble;
  #requests: number;
  #backlog = false;
  #lastUpload = Number.NEGATIVE_INFINITY;
  #connection: { readonly server: string; readonly client: UploadClient } | undefined;

  constructor(id: number, parts: LaneParts) {
    this.#id = id;
    this.#parts = parts;
    this.#requests = parts.settings().batchQuantity;
    this.#trouble = new Trouble(id, parts);
  }

  /** Uploads all that waits up to this row, now, or when the present row of failures allows. */
  upload(upTo: number): void {
    this.#goal = Math.max(this.#goal, upTo);
    this.#start();
  }

  /** Uploads all that waits up to this row, without regard to windows and to waits for a next try. */
  drain(upTo: number): void {
    this.#drained = Math.max(this.#drained, upTo);
    this.wake();
    this.upload(upTo);
  }

  /** Obtains a key, if there is none. */
  activate(): void {
    this.#activationWanted = true;
    this.#start();
  }

  /** Tries again now what waits for its next try. */
  wake(): void {
    this.#backoff.reset();
    this.#nap?.abort();
  }

  get idle(): boolean {
    return this.#running === undefined;
  }

  disconnect(): void {
    this.#connection?.client.close();
    this.#connection = undefined;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#nap?.abort();
    await this.#running;
    this.disconnect();
  }

  #start(): void {
    if (this.#running || this.#stopped.signal.aborted) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted && (this.#goal > 0 || this.#activationWanted)) {
      if (!this.#backlog) await this.#rest(this.#lastUpload + spacingMs - this.#parts.clock.monotonic());
      const failure = await this.#parts.slots.with(() => this.#turn());
      if (this.#stopped.signal.aborted) return;
      if (failure === undefined) continue;
      this.#parts.onFailure?.(failure);
      await this.#trouble.note(failure);
      await this.#rest(this.#delayAfter(failure));
    }
  }

  async #turn(): Promise<Failure | undefined> {
    if (this.#stopped.signal.aborted) return undefined;
    try {
      const identity = this.#parts.store.identity(this.#id);
      if (!identity) {
        // The database was corrupted, and this could not be read any more: there is nothing to send for it.
        this.#goal = 0;
        this.#activationWanted = false;
        return undefined;
      }
      const turn: Turn = { identity, ...this.#connect(identity), ...freshTurn };
      if (turn.client.cik === undefined) {
        const failure = await this.#renewKey(turn);
        if (failure) return failure;
      } else if (turn.client.cik !== identity.cik) {
        // The disk did not take it when it came; the platform gives a key once only.
        await this.#parts.store.setKey(this.#id, turn.client.cik);
      }
      this.#activationWanted = false;
      return await this.#uploadNext(turn);
    } catch (error) {
      this.#restartSmall();
      return { kind: 'own fault', reason: describeError(error) };
    }
  }

  async #uploadNext(turn: Turn): Promise<Failure | undefined> {
    const { store, clock } = this.#parts;
    const goal = this.#goal;
    const batch = planBatch(store.waiting(this.#id, goal, this.#leastPriority()), {
      requests: this.#requests,
      bytes: this.#mostBytes(turn.server),
    });
    if (batch.points.length > 0) {
      const held = await this.#overBudget(turn.server);
      if (held) return held;
      this.#lastUpload = clock.monotonic();
      if (batch.bytes >= worthAskingBytes) {
        turn.encoding = (await this.#parts.encodings.of(turn.server, turn.client))?.encoding;
      }
      const failure = await this.#deliver(turn, batch.points);
      if (failure) {
        this.#restartSmall();
        return failure;
      }
      this.#backoff.reset();
      await this.#trouble.over();
    }
    this.#backlog = batch.more;
    // What came meanwhile has raised the goal.
    if (!batch.more && !turn.leftover && this.#goal === goal) {
      this.#goal = 0;
      this.#drained = 0;
    }
    // A backlog after an outage starts small and grows, so that the first upload on a bad link has a chance.
    if (batch.more) this.#requests = Math.min(this.#requests * 2, mostRequests);
    else this.#requests = this.#parts.settings().batchQuantity;
    return undefined;
  }

  async #overBudget(server: string): Promise<Failure | undefined> {
    const { budget, clock } = this.#parts;
    const verdict = await budget(server);
    if (verdict.kind === 'may') return undefined;
    const waitMs = Math.max(1000, verdict.until - clock.now());
    return {
      kind: 'over budget',
      reason: `the byte budget holds them back until ${new Date(verdict.until).toISOString()}: ${verdict.because}`,
      // Another interface may come up, and the budget may be changed.
      retryMs: Math.min(budgetAskedMs, waitMs),
    };
  }

  /** Delivers points; a refused batch is halved until the points that are at fault stand alone. */
  async #deliver(turn: Turn, points: readonly PlannedPoint[]): Promise<Failure | undefined> {
    const { store, clock, logger } = this.#parts;
    let verdict = await this.#send(turn, points);
    if (verdict?.kind === 'unauthorised' && turn.identity.device && !turn.renewed) {
      turn.renewed = true;
      const failure = await this.#renewKey(turn);
      if (failure) return failure;
      verdict = await this.#send(turn, points);
    }
    if (verdict === undefined) {
      await this.#remove(points);
      return undefined;
    }
    if (verdict.kind !== 'refused') return { kind: verdict.kind, reason: verdict.reason };
    this.#restartSmall();
    const [first, ...others] = points;
    if (first && others.length === 0) {
      turn.leftover ||= first.merged.length > 0;
      await store.setAside(this.#id, [first.id], verdict.reason, Math.floor(clock.now() / 1000));
      logger.warn(
        `a record of ${describeIdentity(turn.identity)} for ${first.alias} at ${first.at} is set aside: ${verdict.reason}`,
      );
      return undefined;
    }
    const half = Math.ceil(points.length / 2);
    return (
      (await this.#deliver(turn, points.slice(0, half))) ?? (await this.#deliver(turn, points.slice(half)))
    );
  }

  /** In several commits, between which those who wait for an answer have their turn. */
  async #remove(points: readonly PlannedPoint[]): Promise<void> {
    for (let start = 0; start < points.length; start += removedAtOnce) {
      const some = points.slice(start, start + removedAtOnce);
      const rows = coveredRows(some);
      await this.#parts.store.removeUploaded(this.#id, rows, rows.length - some.length);
    }
  }

  async #send(turn: Turn, points: readonly PlannedPoint[]): Promise<Verdict | undefined> {
    const verdict = await this.#sendAs(turn.encoding, turn.client, points);
    if (verdict?.kind !== 'refused' || !turn.encoding) return verdict;
    // Before points are found at fault: something between here and the platform may not bear compressed bodies.
    const plain = await this.#sendAs(undefined, turn.client, points);
    if (!plain) {
      turn.encoding = undefined;
      this.#parts.encodings.giveUp(turn.server);
    }
    return plain;
  }

  async #sendAs(
    encoding: BodyEncoding | undefined,
    client: UploadClient,
    points: readonly PlannedPoint[],
  ): Promise<Verdict | undefined> {
    try {
      await client.record(groupByAlias(points), { encoding, signal: this.#stopped.signal });
      return undefined;
    } catch (error) {
      return judgeUpload(error);
    }
  }

  async #renewKey({ identity, client }: Turn): Promise<Failure | undefined> {
    const device: VendorModelSerial | undefined = identity.device;
    if (!device) return { kind: 'unauthorised', reason: 'it has no key' };
    const gatewayKey = await this.#parts.gatewayKey(device);
    if (gatewayKey !== undefined && gatewayKey !== client.cik) {
      client.cik = gatewayKey;
      await this.#parts.store.setKey(this.#id, gatewayKey);
      return undefined;
    }
    let cik: string;
    try {
      cik = await client.activate(device, { signal: this.#stopped.signal });
    } catch (error) {
      if (!isActivationRefused(error)) return { kind: 'later', reason: describeError(error) };
      // Who only asked for a key asks again; for records the lane goes on trying.
      this.#activationWanted = false;
      return { kind: 'activation refused', reason: describeError(error) };
    }
    client.cik = cik;
    await this.#parts.store.setKey(this.#id, cik);
    this.#parts.logger.info(`${describeIdentity(identity)} is activated`);
    return undefined;
  }

  #connect(identity: Identity): { readonly server: string; readonly client: UploadClient } {
    const server = serverFor(identity, this.#parts.settings());
    if (this.#connection?.server !== server) {
      this.disconnect();
      this.#connection = { server, client: this.#parts.connect(server, identity.cik) };
    }
    return this.#connection;
  }

  /** Points of low priority wait for the window. */
  #leastPriority(): Priority {
    if (this.#drained > 0) return 0;
    return isOpen(this.#parts.settings().uploadWindow, this.#parts.clock.now()) ? 0 : 1;
  }

  #mostBytes(server: string): number {
    const coding = this.#parts.encodings.known(server);
    return Math.min(uploadBytes, coding?.bytes ?? uploadBytes);
  }

  #restartSmall(): void {
    this.#backlog = false;
    this.#requests = this.#parts.settings().batchQuantity;
  }

  #delayAfter({ kind, retryMs }: Failure): number {
    if (retryMs !== undefined) return retryMs;
    const { settings, random } = this.#parts;
    const slow = kind === 'unauthorised' || kind === 'activation refused';
    return this.#backoff.next(kind, (slow ? refusedSchedule : networkSchedule)(settings()), random);
  }

  async #rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopped.signal.aborted) return;
    const nap = new AbortController();
    this.#nap = nap;
    try {
      await this.#parts.clock.sleep(ms, nap.signal);
    } catch (error) {
      if (!nap.signal.aborted) throw error;
    } finally {
      this.#nap = undefined;
    }
  }
}

/** The configured server, else the host of the original platform that belongs to the identity. */
export function serverFor(identity: Pick<Identity, 'device'>, settings: Pick<Settings, 'server'>): string {
  if (settings.server !== undefined) return settings.server;
  return defaultServer(identity.device?.vendor);
}
