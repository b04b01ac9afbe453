import type { TrafficTotal } from '@gateway-engine/device-client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostRows, usageReport } from '../../src/reports/usage-report.ts';

const total = (changes: Partial<TrafficTotal> = {}): TrafficTotal => ({
  interface: 'eth0',
  program: 'gmq',
  class: 'data',
  method: 'record',
  tot_rx: 10,
  max_rx: 5,
  tot_tx: 100,
  max_tx: 50,
  num: 2,
  ...changes,
});

const nothing = { day: '2026-11-22', ofDay: [], ofMonth: [], counters: [], interfaces: [] };

/** What the documented dashboard shows: the rows of every key of three characters or more, below every value. */
function shownByReader(report: object): [string, string, Record<string, unknown>][] {
  const rows: [string, string, Record<string, unknown>][] = [];
  for (const [name, groups] of Object.entries(report)) {
    for (const group of Object.values(groups)) {
      for (const key of Object.keys(Object(group))) {
        if (key.length >= 3) rows.push([name, key, Reflect.get(Object(group), key)]);
      }
    }
  }
  return rows;
}

describe('usage_report', () => {
  it('has the day by interface, program and method, the month beside it, and the kernel’s counters', () => {
    const report = usageReport({
      ...nothing,
      ofDay: [total()],
      ofMonth: [
        total({ tot_rx: 1000, max_rx: 500, num: 20 }),
        total({ class: 'log', tot_rx: 1, tot_tx: 1, num: 1 }),
        total({ program: 'gwe', method: 'read' }),
      ],
      counters: [{ interface: 'eth0', rxBytes: 7000, txBytes: 8000 }],
      interfaces: ['lo', 'eth0'],
    });
    expect(report).toEqual({
      eth0: {
        top_consumer: 'gmq',
        period: 'day 2026-11-22, month 2026-11',
        gmq: {
          record: {
            tot_rx: 10,
            max_rx: 5,
            tot_tx: 100,
            max_tx: 50,
            num: 2,
            month: { tot_rx: 1001, max_rx: 500, tot_tx: 101, max_tx: 50, num: 21 },
          },
        },
        gwe: {
          read: {
            tot_rx: 0,
            max_rx: 0,
            tot_tx: 0,
            max_tx: 0,
            num: 0,
            month: { tot_rx: 10, max_rx: 5, tot_tx: 100, max_tx: 50, num: 2 },
          },
        },
        kernel: { rx: 7000, tx: 8000 },
      },
      lo: { top_consumer: '', period: 'day 2026-11-22, month 2026-11' },
    });
  });

  it('shows its rows, and nothing but rows, in the documented reader, whatever programs are called', () => {
    const names = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.constantFrom('kernel', 'period', 'top_consumer', '__proto__', 'others'),
    );
    const totals = fc.array(
      fc
        .record({ interface: fc.constantFrom('eth0', 'lo', '__proto__'), program: names, num: fc.nat(9) })
        .map(total),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(totals, (ofMonth) => {
        const report = usageReport({
          ...nothing,
          ofMonth,
          counters: [{ interface: 'eth0', rxBytes: 1, txBytes: 2 }],
        });
        const shown = shownByReader(JSON.parse(JSON.stringify(report)));
        for (const [, method, figures] of shown) {
          expect(method).toBe('record');
          expect(figures).toMatchObject({ tot_rx: 0, max_rx: 0, tot_tx: 0, max_tx: 0, num: 0 });
        }
        const requests = shown.reduce((sum, [, , { month }]) => sum + (month as { num: number }).num, 0);
        expect(requests).toBe(ofMonth.reduce((sum, { num }) => sum + num, 0));
        for (const { top_consumer } of Object.values(report)) expect(top_consumer.length).toBeLessThan(101);
      }),
    );
  });

  it('is bounded: programs with the least traffic are added up', () => {
    const ofMonth = Array.from({ length: 500 }, (_, index) =>
      total({ program: `program ${index}`, tot_rx: index, num: 1 }),
    );
    const report = usageReport({ ...nothing, ofMonth });
    expect(Object.keys(report.eth0 ?? {})).toHaveLength(mostRows + 3);
    expect(report.eth0?.others).toMatchObject({ all: { month: { num: 500 - mostRows } } });
    expect(report.eth0?.top_consumer).toBe('program 499');
  });
});
