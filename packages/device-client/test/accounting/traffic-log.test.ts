import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitUntil } from '@gateway-engine/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { requestsSince, type TrafficEntry, TrafficLog, trafficTotals } from '../../src/index.ts';
import { takeFolder } from '../support/take-folder.ts';

const entry: TrafficEntry = {
  time: Date.UTC(2026, 0, 31, 23, 59, 59),
  program: 'pump',
  interface: 'eth0',
  class: 'data',
  method: 'write',
  host: 'm2.example',
  sent: 200,
  received: 100,
  status: 204,
  duration: 12,
};

let folder: string;
let file: string;

beforeEach(() =>
  takeFolder((path) => {
    folder = path;
    file = join(path, 'ifaces.db');
  }),
);

test('a request is in the list and in the totals of its day', () => {
  const log = new TrafficLog({ file });
  log.append(entry);
  log.append({ ...entry, sent: 300, received: 50, status: undefined });
  log.append({ ...entry, time: entry.time + 1000, class: 'log', sent: 7 });
  log.close();
  expect(requestsSince(file, 0)).toEqual([
    { ...entry, id: 1 },
    { ...entry, id: 2, sent: 300, received: 50, status: undefined },
    { ...entry, id: 3, time: entry.time + 1000, class: 'log', sent: 7 },
  ]);
  expect(requestsSince(file, 2).map(({ id }) => id)).toEqual([3]);
  const same = { interface: 'eth0', program: 'pump', method: 'write' };
  expect(trafficTotals(file, { toDay: '2026-01-31' })).toEqual([
    { ...same, class: 'data', tot_rx: 150, max_rx: 100, tot_tx: 500, max_tx: 300, num: 2 },
  ]);
  expect(trafficTotals(file, { fromDay: '2026-02-01' })).toMatchObject([{ class: 'log', tot_tx: 7 }]);
});

test('totals go on from one program run to the next, and from day to day', () => {
  for (const sent of [5, 9, 3]) {
    const log = new TrafficLog({ file });
    log.append({ ...entry, sent });
    log.append({ ...entry, sent, time: entry.time + 86_400_000 });
    log.close();
  }
  expect(trafficTotals(file)).toMatchObject([{ tot_tx: 34, max_tx: 9, num: 6 }]);
});

test('it is written in the background soon after', async () => {
  const log = new TrafficLog({ file, flushMs: 20 });
  log.append(entry);
  await waitUntil('the request', () => requestsSince(file, 0).length === 1);
  log.close();
});

test('a burst of requests is written at once, before there are too many to keep', async () => {
  const log = new TrafficLog({ file, flushMs: 3_600_000 });
  for (let burst = 0; burst < 4; burst++) {
    for (let index = 0; index < 1500; index++) log.append(entry);
    await waitUntil('the burst', () => requestsSince(file, 0).length === 1500 * (burst + 1));
  }
  log.close();
  expect(log.dropped).toBe(0);
});

test('a request without a connection is in the list only', () => {
  const log = new TrafficLog({ file });
  log.append({ ...entry, interface: '', sent: 0, received: 0, status: undefined });
  log.close();
  expect([requestsSince(file, 0).length, trafficTotals(file)]).toEqual([1, []]);
});

test('figures that are no whole numbers do not hold up the others', () => {
  const log = new TrafficLog({ file });
  log.append({ ...entry, duration: 1.6, sent: Number.NaN, received: -4 });
  log.close();
  expect(requestsSince(file, 0)).toMatchObject([{ duration: 2, sent: 0, received: 0 }]);
});

describe('the bounds', () => {
  test('the newest 10,000 requests are kept, the totals know of all', () => {
    const log = new TrafficLog({ file });
    for (let group = 0; group < 6; group++) {
      for (let index = 0; index < 2000; index++) log.append(entry);
      log.flush();
    }
    log.close();
    const kept = requestsSince(file, 0, 20_000);
    expect([kept.length, kept[0]?.id]).toEqual([10_000, 2001]);
    expect(trafficTotals(file)).toMatchObject([{ num: 12_000 }]);
  });

  test('400 days are kept, however the clock jumps', () => {
    const log = new TrafficLog({ file });
    for (let day = 0; day < 401; day++) log.append({ ...entry, time: day * 86_400_000 });
    log.append({ ...entry, time: Date.UTC(2099, 0, 1) });
    log.close();
    expect(trafficTotals(file)).toMatchObject([{ num: 400 }]);
    expect(trafficTotals(file, { toDay: '1970-01-02' })).toEqual([]);
    expect(trafficTotals(file, { fromDay: '1970-01-03', toDay: '1970-01-03' })).toHaveLength(1);
  });

  test('at most 20,000 totals are kept, the oldest go', () => {
    const log = new TrafficLog({ file });
    for (let index = 0; index < 20_100; index++) {
      log.append({
        ...entry,
        program: `p${index % 201}`,
        time: entry.time + Math.floor(index / 201) * 86_400_000,
      });
      if (index % 400 === 0) log.flush();
    }
    log.close();
    expect(trafficTotals(file).reduce((sum, { num }) => sum + num, 0)).toBe(20_000);
    expect(trafficTotals(file, { toDay: '2026-01-31' })).toHaveLength(101);
  });
});

describe('a file that cannot be written', () => {
  test('costs no request an error, and what is pending is written once it can be', () => {
    const later = join(folder, 'later', 'ifaces.db');
    const log = new TrafficLog({ file: later });
    log.append(entry);
    expect([log.flush(), log.problem]).toEqual([false, expect.objectContaining({ errcode: 14 })]);
    mkdirSync(join(folder, 'later'));
    log.append(entry);
    log.close();
    expect([requestsSince(later, 0).length, log.dropped, log.problem]).toEqual([2, 0, undefined]);
  });

  test('makes the log drop single requests beyond its memory, counted, and keep the sums', () => {
    const missing = join(folder, 'missing');
    const log = new TrafficLog({ file: join(missing, 'ifaces.db') });
    for (let index = 0; index < 2500; index++) log.append(entry);
    expect([log.flush(), log.dropped]).toEqual([false, 500]);
    log.close();
  });

  test('while another process writes: it waits, and nothing is lost', () => {
    new TrafficLog({ file }).close();
    const first = new TrafficLog({ file });
    first.append(entry);
    first.flush();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    first.append(entry);
    const before = performance.now();
    expect(first.flush()).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
    other.exec('COMMIT');
    other.close();
    first.close();
    expect([trafficTotals(file)[0]?.num, first.dropped]).toEqual([2, 0]);
  });

  test('since it is damaged, is set aside and begun anew', () => {
    writeFileSync(file, 'this is no database, '.repeat(100));
    const log = new TrafficLog({ file });
    log.append(entry);
    log.close();
    expect(requestsSince(file, 0)).toHaveLength(1);
    expect(readFileSync(`${file}.damaged`, 'utf8')).toContain('this is no database');
  });

  test('since it got damaged while in use, is set aside too, once', () => {
    const logs = [new TrafficLog({ file }), new TrafficLog({ file })];
    for (const log of logs) {
      for (let index = 0; index < 300; index++) log.append({ ...entry, program: `p${index}` });
      log.flush();
      log.close();
    }
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096);
    writeFileSync(file, bytes);
    for (let round = 0; round < 3; round++) {
      for (const log of logs) {
        log.append(entry);
        log.flush();
      }
    }
    for (const log of logs) log.close();
    expect(trafficTotals(file).reduce((sum, { num }) => sum + num, 0)).toBeGreaterThanOrEqual(5);
  });

  test('of a later version is left alone', () => {
    const later = new DatabaseSync(file);
    later.exec('CREATE TABLE request (id INTEGER PRIMARY KEY); PRAGMA user_version = 2');
    later.close();
    const log = new TrafficLog({ file });
    log.append(entry);
    expect([log.flush(), log.problem]).toEqual([false, expect.objectContaining({ code: 'LATER_SCHEMA' })]);
    log.close();
  });
});

test('a file that was deleted is made anew while the program runs', () => {
  const log = new TrafficLog({ file });
  log.append(entry);
  log.flush();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  log.append(entry);
  log.close();
  expect(requestsSince(file, 0)).toHaveLength(1);
});

test('many processes that start at once lose nothing, also when they end without closing', async () => {
  const writer = fileURLToPath(new URL('../support/write-traffic.ts', import.meta.url));
  const run = promisify(execFile);
  await Promise.all(
    Array.from({ length: 6 }, (_, n) => run(process.execPath, [writer, file, `p${n}`, '200'])),
  );
  expect(requestsSince(file, 0)).toHaveLength(1200);
  expect(trafficTotals(file).map(({ program, num, tot_tx }) => [program, num, tot_tx])).toEqual(
    Array.from({ length: 6 }, (_, n) => [`p${n}`, 200, 2000]),
  );
});

test('processes that are killed while they write leave whole entries, each also in its total', async () => {
  const writer = fileURLToPath(new URL('../support/write-traffic.ts', import.meta.url));
  await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const child = spawn(process.execPath, [writer, file, `p${n}`, '1000000'], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await waitUntil('entries of its own', () =>
        trafficTotals(file).some(({ program }) => program === `p${n}`),
      );
      await new Promise((resolve) => setTimeout(resolve, 37 * n));
      child.kill('SIGKILL');
      await ended;
    }),
  );
  const log = new TrafficLog({ file });
  log.append({ ...entry, program: 'after' });
  expect(log.flush()).toBe(true);
  log.close();
  const database = new DatabaseSync(file);
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  database.close();
  const requests = requestsSince(file, 0);
  const allAreKept = requests[0]?.id === 1;
  for (const { program, num } of trafficTotals(file)) {
    const kept = requests.filter((request) => request.program === program).length;
    if (allAreKept) expect(kept).toBe(num);
    else expect(kept).toBeLessThanOrEqual(num);
  }
});

test('nothing was accounted for: nothing to read', () => {
  writeFileSync(file, '');
  expect([trafficTotals(file), requestsSince(join(folder, 'none.db'), 0)]).toEqual([[], []]);
});
