import { silentLogger } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterPoll, afterRead, unknownSeries } from '../../src/check-in/instruction-watch.ts';
import { acceptInstruction } from '../../src/check-in/instructions.ts';
import { waitForInstruction } from '../../src/check-in/wait-for-instruction.ts';
import { ModelPlatform } from './model-platform.ts';

describe('the watch on engine_fetch', () => {
  it('goes on polling from the second before a point until the server has left that second', () => {
    const first = afterPoll({ since: 90, newest: undefined }, { value: 'A', modified: 100, date: 100 });
    expect(first).toEqual({
      watch: { since: 99, newest: { at: 100, value: 'A' } },
      instruction: 'A',
      repeats: true,
    });
    const again = afterPoll(first.watch, { value: 'A', modified: 100, date: 100 });
    expect(again.instruction).toBeUndefined();
    const later = afterPoll(again.watch, { value: 'A', modified: 100, date: 101 });
    expect(later).toMatchObject({ watch: { since: 100 }, instruction: undefined, repeats: false });
  });

  it('sees an instruction that replaces the clearing of the one before within the same second', () => {
    const polled = afterPoll(unknownSeries, { value: 'A', modified: 100, date: 100 });
    const cleared = afterPoll(polled.watch, { value: '', modified: 100, date: 100 });
    expect(cleared.instruction).toBeUndefined();
    expect(afterPoll(cleared.watch, { value: 'B', modified: 100, date: 100 }).instruction).toBe('B');
  });

  it('takes a point of the second of a read for the one that was read, unless its value differs', () => {
    const watch = afterRead(unknownSeries, { date: 100, value: 'A' });
    expect(watch.since).toBe(99);
    expect(afterPoll(watch, { value: 'A', modified: 100, date: 101 }).instruction).toBeUndefined();
    expect(afterPoll(watch, { value: 'B', modified: 100, date: 101 }).instruction).toBe('B');
  });

  // The operator writes at any time; the gateway is busy for a while after each instruction.
  const writes = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 3_000 })), {
    minLength: 1,
    maxLength: 12,
  });
  const busyTimes = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 12, maxLength: 12 });

  it('takes every instruction exactly once and in order, when the operator writes into seconds without a point', async () => {
    await fc.assert(
      fc.asyncProperty(writes, busyTimes, fc.integer({ min: 0, max: 999 }), async (gaps, busy, phase) => {
        const clock = new FakeClock(1_800_000_000_000 + phase);
        const platform = new ModelPlatform(clock);
        const taken: string[] = [];
        const journal = { addInstruction: () => 'added' as const, instructionCleared: () => {} };
        const ending = new AbortController();
        const gateway = (async () => {
          let watch = afterRead(unknownSeries, await platform.client.read());
          while (!ending.signal.aborted) {
            const parts = { client: platform.client, clock, logger: silentLogger };
            const waited = await waitForInstruction(parts, watch, 30_000, ending.signal);
            watch = waited.watch;
            if (waited.instruction === undefined) continue;
            taken.push(waited.instruction);
            await acceptInstruction(
              waited.instruction,
              { ...parts, journal, onWork: () => {} },
              ending.signal,
              waited.secondIsOver,
            );
            await clock.sleep(busy[taken.length % busy.length] ?? 0, ending.signal);
          }
        })().catch((error) => {
          if (!ending.signal.aborted) throw error;
        });
        await clock.advance(50);
        const written: string[] = [];
        for (const [index, gap] of gaps.entries()) {
          await clock.advance(gap);
          // An operator's tool waits for a second without a point.
          while (platform.points.has(platform.second)) await clock.advance(100);
          platform.store(`instruction ${index}`);
          // What comes between the gateway's look and its clearing cannot be told from what was cleared.
          if (!platform.isWriting) written.push(`instruction ${index}`);
        }
        const began = clock.monotonic();
        const pollsBefore = platform.polls;
        await clock.advance(60_000);
        ending.abort();
        await clock.advance(400_000);
        await gateway;

        expect(new Set(taken).size).toBe(taken.length);
        expect([...taken].sort((a, b) => indexOf(a) - indexOf(b))).toEqual(taken);
        for (const text of written) expect(taken).toContain(text);
        // Clearing takes one poll each, plus one for the server's second to end; the rest are waits of seconds.
        expect(platform.polls - pollsBefore).toBeLessThan((clock.monotonic() - began) / 1000);
      }),
      { numRuns: 200 },
    );
  });

  it('does not hammer a platform that answers every poll at once with nothing', async () => {
    const clock = new FakeClock();
    let polls = 0;
    const client = {
      longPoll: async () => {
        polls++;
        return undefined;
      },
    };
    const waiting = waitForInstruction(
      { client, clock, logger: silentLogger },
      unknownSeries,
      3_600_000,
      AbortSignal.timeout(60_000),
    );
    for (let minute = 0; minute < 60; minute++) await clock.advance(60_000);
    await clock.advance(1);
    expect(await waiting).toMatchObject({ instruction: undefined, polls: false });
    expect(polls).toBeLessThan(150);
  });

  it('does not hammer a platform that gives the same old point again and again', async () => {
    const clock = new FakeClock();
    let polls = 0;
    const client = {
      longPoll: async () => {
        polls++;
        return { value: '', modified: 100, date: 200 };
      },
    };
    const waiting = waitForInstruction(
      { client, clock, logger: silentLogger },
      unknownSeries,
      60_000,
      AbortSignal.timeout(60_000),
    );
    await clock.advance(61_000);
    await waiting;
    expect(polls).toBeLessThanOrEqual(61);
  });
});

function indexOf(text: string): number {
  return Number(text.split(' ')[1]);
}
