import { expect, it } from 'vitest';
import { RateMeter } from '../../src/store/rates.ts';

it('tells points per second over the last minute, and forgets identities that are quiet', () => {
  let now = 0;
  const meter = new RateMeter(() => now);
  meter.count(1, { accepted: 30, uploaded: 0 });
  now = 10_000;
  expect(meter.perSecond()).toEqual(new Map([[1, { accepted: 3, uploaded: 0 }]]));
  for (; now < 300_000; now += 1000) meter.count(2, { accepted: 5, uploaded: 2 });
  now = 299_999;
  expect(meter.perSecond()).toEqual(new Map([[2, { accepted: 5, uploaded: 2 }]]));
  now += 60_000;
  expect(meter.perSecond()).toEqual(new Map());
});
