import type { GatewayCfg } from '@gateway-engine/device-client';
import { describe, expect, it } from 'vitest';
import { changesOf, describeChange } from '../../src/enroll/wanted-identity.ts';

const none: GatewayCfg = {
  cik: undefined,
  model: undefined,
  vendor: undefined,
  uuid: undefined,
  iface: undefined,
};
const pump: GatewayCfg = { ...none, model: 'pump', vendor: 'pump', uuid: '1' };
const enrolled: GatewayCfg = { ...pump, cik: 'a'.repeat(40) };
const as = (product?: string, serial?: string) => ({ product, serial });

describe('what becomes of the identity of a gateway', () => {
  it.each([
    ['a bare one', none, as('pump', '1'), ['product "pump"', 'serial number "1"']],
    ['the same', enrolled, as('pump', '1'), []],
    ['nothing said', enrolled, as(), []],
    ['another serial number, no key yet', pump, as('pump', '2'), ['serial number "2" in place of "1"']],
    ['another product, no key yet', pump, as('fan'), ['product "fan" in place of "pump"']],
    ['vendor and model of their own, nothing said', { ...pump, vendor: 'acme' }, as(), []],
    [
      'vendor and model of their own, a product',
      { ...pump, vendor: 'acme' },
      as('pump'),
      ['product "pump" in place of "acme pump"'],
    ],
  ])('%s', (_, before, wanted, changes) => {
    expect(changesOf(before, wanted, false).map(describeChange)).toEqual(changes);
  });

  it('one that has a key becomes another only by force', () => {
    for (const wanted of [as('fan'), as(undefined, '2'), as('fan', '2')]) {
      expect(() => changesOf(enrolled, wanted, false)).toThrow('with --force');
      expect(changesOf(enrolled, wanted, true)).not.toEqual([]);
    }
  });

  it('it must have a product and a serial number', () => {
    expect(() => changesOf(none, as(undefined, '1'), false)).toThrow('--product ID');
    expect(() => changesOf(none, as('pump'), false)).toThrow('--serial SN, or --iface IFACE');
  });
});
