import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measure, series } from '../../seed/measure.ts';
import { planFleet } from '../../seed/plan-fleet.ts';
import { deviceInfoAt, engineReportAt, fetchStatuses, usageReportAt } from '../../seed/reports.ts';

const options = fc.record({
  devices: fc.integer({ min: 1, max: 60 }),
  seed: fc.string(),
  until: fc.integer({ min: 1_700_000_000, max: 2_000_000_000 }),
  days: fc.integer({ min: 1, max: 30 }),
});

test('the same options give the same fleet, with the same reports', () => {
  const whole = (given: Parameters<typeof planFleet>[0]) =>
    planFleet(given).map((gateway) => [
      gateway,
      deviceInfoAt(gateway, gateway.lastSeen),
      engineReportAt(gateway, gateway.lastSeen),
      usageReportAt(gateway, gateway.lastSeen),
      fetchStatuses(gateway),
    ]);
  fc.assert(
    fc.property(options, (given) => {
      expect(whole(given)).toEqual(whole(given));
    }),
    { numRuns: 20 },
  );
});

test('a larger fleet of a seed has the smaller one in it, and another seed has other numbers', () => {
  const at = { until: 1_800_000_000, days: 7 };
  const small = planFleet({ ...at, devices: 12, seed: 'a' });
  expect(planFleet({ ...at, devices: 40, seed: 'a' }).slice(0, 12)).toEqual(small);
  const measured = (seed: string) => {
    const [gateway] = planFleet({ ...at, devices: 1, seed });
    return gateway!.kind.measurements.map((each) => measure(each, gateway!.series, at.until));
  };
  expect(measured('a')).not.toEqual(measured('b'));
});

test('serial numbers differ, and nothing happens before the history or after its end', () => {
  fc.assert(
    fc.property(options, (given) => {
      const fleet = planFleet(given);
      expect(new Set(fleet.map(({ sn }) => sn)).size).toBe(given.devices);
      for (const gateway of fleet) {
        const from = given.until - given.days * 86_400;
        expect(gateway.lastSeen).toBeLessThanOrEqual(given.until);
        for (const time of [gateway.lastSeen, gateway.updatedAt]) expect(time).toBeGreaterThanOrEqual(from);
        for (const [ts] of fetchStatuses(gateway)) {
          expect(ts).toBeGreaterThanOrEqual(from);
          expect(ts).toBeLessThanOrEqual(gateway.lastSeen);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a history asked for later has the same points in what both have', () => {
  const gateway = planFleet({ devices: 1, seed: 'a', until: 1_800_000_000, days: 7 })[0]!;
  const [measurement] = gateway.kind.measurements;
  const points = (from: number) =>
    new Map(series(measurement!, gateway.series, { from, to: from + 86_400, everySeconds: 900 }));
  const [early, late] = [points(1_800_000_000), points(1_800_040_007)];
  const both = [...late].filter(([ts]) => early.has(ts));
  expect(both.length).toBeGreaterThan(40);
  for (const [ts, value] of both) expect(early.get(ts)).toBe(value);
});

test('values are numbers of their format', () => {
  for (const { kind, series: name } of planFleet({ devices: 3, seed: 'a', until: 1_800_000_000, days: 7 })) {
    for (const measurement of kind.measurements) {
      const range = { from: 1_799_900_000, to: 1_800_000_000, everySeconds: 900 };
      const values = [...series(measurement, name, range)].map(([, value]) => value);
      for (const value of values) {
        expect(value).toMatch(measurement.format === 'integer' ? /^-?\d+$/ : /^-?\d+(?:\.\d{1,2})?$/);
      }
    }
  }
});
