import type { Device } from '@gateway-engine/platform/admin-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contactOf } from '../src/fleet/contact.ts';
import { fleetQueryOf, searchOf } from '../src/fleet/fleet-query.ts';
import { countByContact, type FleetQuery, gatewaysShown } from '../src/fleet/fleet-view.ts';

const NOW = 1_000_000;
const device = (sn: string, product: string, age: number | null): Device => ({
  sn,
  product,
  rid: sn.padStart(40, '0'),
  status: 'activated',
  last_contact: age === null ? null : NOW - age,
});
const fleet = [
  device('gw-10', 'pump', 3),
  device('gw-2', 'pump', 3600),
  device('GW-1', 'valve', 90_000),
  device('gw-3', 'valve', null),
];
const all = fleetQueryOf('');
const shown = (query: Partial<FleetQuery>) =>
  gatewaysShown(fleet, { ...all, ...query }, NOW).map(({ sn }) => sn);

describe('contact', () => {
  it.each([
    [0, 'online'],
    [360, 'online'],
    [361, 'quiet'],
    [14_400, 'quiet'],
    [20_000, 'silent'],
    [-5, 'online'],
  ])('of %d seconds ago is %s', (age, contact) => {
    expect(contactOf({ last_contact: NOW - age }, NOW)).toBe(contact);
  });

  it('is counted over a fleet', () => {
    expect(countByContact(fleet, NOW)).toEqual({ online: 1, quiet: 1, silent: 1, never: 1 });
  });
});

describe('the list of gateways', () => {
  it('is in the natural order of serial numbers', () => {
    expect(shown({})).toEqual(['GW-1', 'gw-2', 'gw-3', 'gw-10']);
  });

  it('can have the newest contact first, those never seen last', () => {
    expect(shown({ sort: 'last_contact', descending: true })).toEqual(['gw-10', 'gw-2', 'GW-1', 'gw-3']);
  });

  it('holds what has every word of the search, in any case', () => {
    expect(shown({ search: 'VALVE gw-1' })).toEqual(['GW-1']);
    expect(shown({ search: '  ' })).toHaveLength(4);
  });

  it('can be narrowed to a product and a contact', () => {
    expect(shown({ product: 'pump', contact: 'quiet' })).toEqual(['gw-2']);
  });
});

describe('the address of a list', () => {
  it('gives the same list again', () => {
    const query = fc.record({
      product: fc.option(fc.string(), { nil: undefined }),
      search: fc.string(),
      contact: fc.constantFrom('online', 'quiet', 'silent', 'never', undefined),
      sort: fc.constantFrom('sn', 'product', 'last_contact'),
      descending: fc.boolean(),
    });
    fc.assert(
      fc.property(query, (one) => {
        expect(fleetQueryOf(searchOf(one))).toEqual(one);
      }),
    );
  });

  it('with values that are none of ours is the whole list', () => {
    expect(fleetQueryOf('?contact=x&sort=__proto__&order=up')).toEqual(all);
  });
});
