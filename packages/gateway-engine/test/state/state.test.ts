import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import { processStartTime } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { ProcessLock } from '../../src/state/process-lock.ts';
import { hasReserve, inReservedTransaction, makeReserve } from '../../src/state/reserve.ts';
import { StatusOutbox } from '../../src/state/status-outbox.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let database: DatabaseSync;

beforeEach(async () => {
  folder = await temporaryFolder();
  database = await openEngineDatabase(homeLayout(folder.path));
});

afterEach(async () => {
  database.close();
  await folder[Symbol.asyncDispose]();
});

describe('the outbox of fetch_status', () => {
  it('gives what waits as one text, in order, until it has arrived', () => {
    const outbox = new StatusOutbox(database);
    expect(outbox.pending()).toBeUndefined();
    outbox.add('first');
    outbox.add('second');
    const pending = outbox.pending();
    expect(pending?.text).toBe('first\n\nsecond');
    outbox.add('came meanwhile');
    if (pending) outbox.delivered(pending);
    expect(outbox.pending()?.text).toBe('came meanwhile');
  });

  it('is bounded: a long text is cut, the oldest give way', () => {
    const outbox = new StatusOutbox(database);
    for (let count = 0; count < 10; count++) outbox.add(`${count} ${'x'.repeat(1_000_000)}`);
    const text = outbox.pending()?.text ?? '';
    expect(text.length).toBeLessThan(100_000);
    expect(text).toContain('9 x');
    expect(text).not.toContain('0 x');
  });
});

describe('on a full disk', () => {
  const fill = () => {
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() ?? {};
    database.exec(`PRAGMA max_page_count = ${pages}`);
  };

  it('the outbox keeps its texts in memory, and each is delivered once', () => {
    const outbox = new StatusOutbox(database);
    outbox.add('on disk');
    fill();
    const text = 'x'.repeat(40_000);
    outbox.add(text);
    outbox.add(text);
    const pending = outbox.pending();
    expect(pending?.text).toBe(`on disk\n\n${text}`);
    if (pending) outbox.delivered(pending);
    expect(outbox.pending()).toBeUndefined();
  });

  it('the reserve is given up for what has to be written', () => {
    const { reserve } = homeLayout(folder.path);
    expect(hasReserve(reserve)).toBe(true);
    fill();
    const write = () =>
      inReservedTransaction(database, () => {
        if (!hasReserve(reserve)) database.exec('PRAGMA max_page_count = 100000');
        return database.prepare('INSERT INTO outbox (text) VALUES (hex(zeroblob(100000)))').run().changes;
      });
    expect(() => write()).not.toThrow();
    expect(hasReserve(reserve)).toBe(false);
    makeReserve(reserve);
    expect(hasReserve(reserve)).toBe(true);
  });
});

describe('a lock of a process', () => {
  it('is held while its process lives, and free after kill -9', async () => {
    const holder = spawn('sleep', ['100']);
    const lock = new ProcessLock(database, 'install');
    expect(lock.take()).toBe('taken');
    const started = processStartTime(holder.pid ?? 0);
    database.prepare('UPDATE process_lock SET pid = ?, started = ?').run(holder.pid ?? 0, started ?? '');
    expect(lock.take()).toBe(holder.pid);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(lock.take()).toBe('taken');
  });

  it('is free after a restart of the machine, though another process has the same number', () => {
    const lock = new ProcessLock(database, 'install');
    lock.take();
    database.prepare("UPDATE process_lock SET boot = 'another boot', pid = 1").run();
    expect(lock.take()).toBe('taken');
  });

  it('does not keep the process that holds it from taking it again', () => {
    const lock = new ProcessLock(database, 'install');
    expect(lock.take()).toBe('taken');
    expect(lock.take()).toBe('taken');
    lock.release();
    expect(database.prepare('SELECT count(*) AS n FROM process_lock').get()).toMatchObject({ n: 0 });
  });
});
