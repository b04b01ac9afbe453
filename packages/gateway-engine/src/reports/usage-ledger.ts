import type { DatabaseSync } from 'node:sqlite';
import { type MethodUsage, normalisePath, paths, type UsageReport } from '@gateway-engine/device-api';
import { inTransaction } from '@gateway-engine/host';
import { isOutOfSpace } from '../state/disk-space.ts';

/** One request, as far as it is accounted for. */
export interface AccountedRequest {
  readonly method: string;
  readonly path: string;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly localAddress: string | undefined;
}

/** A local address of an interface. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly address: string;
}

const unknownInterface = 'unknown';
/** The reader walks a text at this level character by character. */
const longestConsumer = 100;

/**
 * The engine's own use of the network, in bytes on the socket, by interface and kind of request. Sums since the engine
 * was installed; kept in the database at each report, so a crash loses at most the requests since the last one.
 */
export class UsageLedger {
  readonly #database: DatabaseSync;
  readonly #consumer: string;
  readonly #addresses: () => readonly InterfaceAddress[];
  readonly #new = new Map<string, { interface: string; method: string; usage: MethodUsage }>();

  constructor(database: DatabaseSync, consumer: string, addresses: () => readonly InterfaceAddress[]) {
    this.#database = database;
    this.#consumer = consumer.slice(0, longestConsumer);
    this.#addresses = addresses;
  }

  add(request: AccountedRequest): void {
    // A request that never got a connection used nothing.
    if (request.localAddress === undefined) return;
    const address = request.localAddress.replace(/^::ffff:/, '');
    const found = this.#addresses().find((known) => known.address === address);
    const name = found?.interface ?? unknownInterface;
    const method = kindOfRequest(request);
    const key = `${name} ${method}`;
    const one = { rx: request.bytesReceived, tx: request.bytesSent };
    const usage = sum(this.#new.get(key)?.usage, {
      tot_rx: one.rx,
      max_rx: one.rx,
      tot_tx: one.tx,
      max_tx: one.tx,
      num: 1,
    });
    this.#new.set(key, { interface: name, method, usage });
  }

  /** The sums of all interfaces, those that were not used included. */
  report(): UsageReport {
    try {
      this.#keep();
    } catch (error) {
      // It is kept at a later report; until then it is added here.
      if (!isOutOfSpace(error)) throw error;
    }
    const report: Report = {};
    for (const { interface: name } of this.#addresses()) report[name] ??= { top_consumer: '' };
    const rows = this.#database.prepare('SELECT * FROM usage ORDER BY interface, consumer, method').all();
    for (const row of rows) {
      const name = String(row.interface);
      const entry: Report[string] = report[name] ?? { top_consumer: '' };
      report[name] = entry;
      const known = entry[String(row.consumer)];
      const methods = typeof known === 'object' ? known : {};
      methods[String(row.method)] = {
        tot_rx: Number(row.tot_rx),
        max_rx: Number(row.max_rx),
        tot_tx: Number(row.tot_tx),
        max_tx: Number(row.max_tx),
        num: Number(row.num),
      };
      entry[String(row.consumer)] = methods;
    }
    for (const { interface: name, method, usage } of this.#new.values()) {
      const entry: Report[string] = report[name] ?? { top_consumer: '' };
      report[name] = entry;
      const known = entry[this.#consumer];
      const methods = typeof known === 'object' ? known : {};
      methods[method] = sum(methods[method], usage);
      entry[this.#consumer] = methods;
    }
    for (const entry of Object.values(report)) entry.top_consumer = topConsumer(entry);
    return report;
  }

  #keep(): void {
    if (this.#new.size === 0) return;
    inTransaction(this.#database, () => {
      const upsert = this.#database.prepare(`INSERT INTO usage
        (interface, consumer, method, tot_rx, max_rx, tot_tx, max_tx, num) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
          tot_rx = tot_rx + excluded.tot_rx, max_rx = max(max_rx, excluded.max_rx),
          tot_tx = tot_tx + excluded.tot_tx, max_tx = max(max_tx, excluded.max_tx),
          num = num + excluded.num`);
      for (const { interface: name, method, usage } of this.#new.values()) {
        upsert.run(
          name,
          this.#consumer,
          method,
          usage.tot_rx,
          usage.max_rx,
          usage.tot_tx,
          usage.max_tx,
          usage.num,
        );
      }
    });
    this.#new.clear();
  }
}

function sum(before: MethodUsage | undefined, more: MethodUsage): MethodUsage {
  if (!before) return more;
  return {
    tot_rx: before.tot_rx + more.tot_rx,
    max_rx: Math.max(before.max_rx, more.max_rx),
    tot_tx: before.tot_tx + more.tot_tx,
    max_tx: Math.max(before.max_tx, more.max_tx),
    num: before.num + more.num,
  };
}

type Report = Record<
  string,
  { top_consumer: string; [consumer: string]: string | Record<string, MethodUsage> }
>;

/** Who moved the most bytes over an interface; empty when nobody used it. */
function topConsumer(entry: Report[string]): string {
  let top = { consumer: '', bytes: -1 };
  for (const [consumer, methods] of Object.entries(entry)) {
    if (typeof methods === 'string') continue;
    const bytes = Object.values(methods).reduce((sum, usage) => sum + usage.tot_rx + usage.tot_tx, 0);
    if (bytes > top.bytes) top = { consumer, bytes };
  }
  return top.consumer;
}

/** A word of three letters or more, which the report's reader needs. */
function kindOfRequest({ method, path }: AccountedRequest): string {
  switch (normalisePath(path)) {
    case paths.alias:
      return method === 'POST' ? 'write' : 'read';
    case paths.record:
      return 'record';
    case paths.activate:
      return 'activate';
    case paths.download:
      return 'download';
    default:
      return 'other';
  }
}
