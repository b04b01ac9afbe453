import { parseIni } from '@gateway-engine/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trafficClasses } from '../../src/accounting/entry.ts';
import { formatAmount, parseAmount } from '../../src/budget/amount.ts';
import { defaultShares, lineOf, noBudget, parseBudget } from '../../src/budget/budget.ts';
import { endOf, judge, waiting } from '../../src/budget/verdict.ts';

const parse = (text: string) =>
  parseBudget(parseIni(`[budget]\n${text}\n`, { file: 'Engine.config' }).get('budget'), 'Engine.config');

describe('an amount of bytes', () => {
  it.each([
    ['500', 500],
    ['50MB', 50_000_000],
    ['1.5 GB', 1_500_000_000],
    ['2mib', 2_097_152],
    ['10kB', 10_000],
    ['0', 0],
  ])('%s is %d', (text, bytes) => {
    expect(parseAmount(text)).toBe(bytes);
  });

  it.each(['', 'MB', '-1MB', '1 parsec', '1e9', '9999999TB', '5Mi', '1.2345MB'])('%j is none', (text) => {
    expect(parseAmount(text)).toBeUndefined();
  });

  it('is read for what it was, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => (parseAmount(text) ?? 0) >= 0));
    fc.assert(fc.property(fc.nat(2 ** 40), (bytes) => parseAmount(String(bytes)) === bytes));
  });

  it('is shown in three digits', () => {
    expect([0, 999, 12_340, 999_499_999, 1e9].map(formatAmount)).toEqual([
      '0 B',
      '999 B',
      '12.3 kB',
      '999 MB',
      '1.0 GB',
    ]);
  });
});

describe('the section [budget]', () => {
  it('has a line for each interface or pattern, and the order of sacrifice', () => {
    expect(
      parse(
        "eth0 = 50MB/day 500MB/month\nPPP* = 1GB/month\nwlan0 =\nlan = ''\nsacrifice = log 10%, data 90 %",
      ),
    ).toEqual({
      lines: [
        { interfaces: 'eth0', day: 50e6, month: 500e6 },
        { interfaces: 'ppp*', day: undefined, month: 1e9 },
      ],
      shares: { log: 0.1, update: 0.8, data: 0.9, control: 1 },
    });
    expect(parse('')).toEqual(noBudget);
  });

  it.each([
    ['eth0 = 50MB', 'Engine.config, line 2: eth0 = 50MB: expected limits such as 50MB/day 500MB/month'],
    ['eth0 = much/day', 'expected limits'],
    ['eth0 = 1MB/week', 'expected limits'],
    ['eth0 = 1MB/day 2MB/day', 'there are two limits for a day'],
    ['sacrifice = log', 'expected classes and shares'],
    ['sacrifice = video 5%', 'expected classes and shares'],
    ['sacrifice = log 101%', 'expected classes and shares'],
  ])('%s is refused with place and remedy', (line, problem) => {
    expect(() => parse(line)).toThrow(problem);
  });

  it('gives an interface the line of its name, else the first pattern that fits; the loopback none', () => {
    const budget = parse('* = 1MB/day\nppp* = 2MB/day\nenP2p1s0 = 3MB/day');
    expect(lineOf(budget, 'enP2p1s0')?.day).toBe(3e6);
    expect(lineOf(budget, 'ppp0')?.day).toBe(1e6);
    expect(lineOf(budget, 'lo')).toBeUndefined();
    expect(lineOf(budget, '')).toBeUndefined();
    expect(lineOf(parse('e.h* = 1MB/day'), 'eth0')).toBeUndefined();
  });
});

describe('a class of traffic', () => {
  const noon = Date.UTC(2026, 10, 22, 12);
  const midnight = Date.UTC(2026, 10, 23);
  const nextMonth = Date.UTC(2026, 11, 1);
  const budget = parse('eth0 = 1000/day 10000/month');
  const line = budget.lines[0];
  if (!line) throw new Error('no line');

  it('may go until its share is used up, and says how much is left', () => {
    expect(judge(budget, line, 'update', { day: 799, month: 799 }, noon)).toEqual({ kind: 'may', left: 1 });
    expect(judge(budget, line, 'update', { day: 800, month: 800 }, noon)).toEqual({
      kind: 'waits',
      class: 'update',
      interfaces: 'eth0',
      until: midnight,
      because: '800 B of 1.0 kB per day are used on eth0; update stops at 80 %',
    });
    expect(judge(budget, line, 'control', { day: 800, month: 800 }, noon).kind).toBe('may');
  });

  it('waits for the later end when day and month are used up', () => {
    expect(judge(budget, line, 'log', { day: 900, month: 9900 }, noon)).toMatchObject({ until: nextMonth });
    expect(judge(budget, line, 'log', { day: 0, month: 9900 }, noon)).toMatchObject({ until: nextMonth });
  });

  it('waits in the order of sacrifice, and ever more of them wait as bytes are used', () => {
    const order = [...trafficClasses].sort((a, b) => defaultShares[a] - defaultShares[b]);
    const amounts = fc.nat(12_000);
    fc.assert(
      fc.property(amounts, amounts, amounts, (day, month, more) => {
        const waits = (spent: { day: number; month: number }) =>
          waiting(budget, line, spent, noon).map((each) => each.class);
        const before = waits({ day, month });
        expect(order.slice(0, before.length).sort()).toEqual([...before].sort());
        const after = waits({ day: day + more, month: month + more });
        expect(after).toEqual(expect.arrayContaining(before));
      }),
    );
  });

  it('is let go by a time that comes', () => {
    const times = fc.integer({ min: 0, max: Date.UTC(9990, 0, 1) });
    fc.assert(
      fc.property(times, (now) => {
        for (const span of ['day', 'month'] as const) {
          const end = endOf(span, now);
          expect(end).toBeGreaterThan(now);
          expect(end - now).toBeLessThanOrEqual(span === 'day' ? 86_400_000 : 31 * 86_400_000);
        }
      }),
    );
  });
});
