import { systemClock } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeChecks, withoutSecrets } from '../../src/doctor/check.ts';
import { failed, ok } from '../../src/doctor/finding.ts';
import { defaultRoutes, defaultRoutesV6, nameServers } from '../../src/doctor/network/routes.ts';

describe('checks', () => {
  it('are made side by side; one that hangs or breaks is a finding, and keeps no other up', async () => {
    const clock = new FakeClock();
    const made = makeChecks(
      [
        { area: 'a', limitMs: 5_000, look: () => new Promise(() => {}) },
        { area: 'b', limitMs: 5_000, look: () => Promise.reject(new Error('defect')) },
        { area: 'c', limitMs: 5_000, look: async () => [ok('c.x', 'fine')] },
      ],
      clock,
    );
    await clock.advance(5_000);
    const { findings, hanging } = await made;
    expect(hanging).toBe(true);
    expect(findings.map(({ name, outcome, found }) => `${name} ${outcome} ${found}`)).toEqual([
      'a.check failed the check did not come to an end within 5 s',
      'b.check failed the check itself failed: defect',
      'c.x ok fine',
    ]);
  });

  it('that all end leave nothing hanging', async () => {
    const made = await makeChecks([{ area: 'c', limitMs: 5_000, look: async () => [] }], systemClock);
    expect(made).toEqual({ findings: [], hanging: false });
  });

  it('never show a key, nor the greater part of one, and keep to one line', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 16, maxLength: 40 });
    fc.assert(
      fc.property(hex, (key) => {
        const { found, advice } = withoutSecrets(failed('x.y', `found "cik = ${key}"\nhere`, `do ${key}`));
        expect(found).toBe(`found "cik = ${key.slice(0, 8)}${'*'.repeat(key.length - 8)}" here`);
        expect(advice).not.toContain(key);
      }),
    );
    const address = withoutSecrets(ok('x.y', 'on http://me:pass%20word@host:9001/RPC2')).found;
    expect(address).toBe('on http://***@host:9001/RPC2');
    const fingerprint = 'ab'.repeat(32);
    expect(withoutSecrets(ok('x.y', fingerprint)).found).toBe(fingerprint);
  });
});

describe('what the kernel says of routes', () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
  it('names the interfaces of default routes that can be used', () => {
    const text = `${head}eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\nwwan0\t00000000\t010200C0\t0000\t0\t0\t0\t00000000\t0\t0\t0\n`;
    expect(defaultRoutes(text)).toEqual(['eth0']);
    const zero = '0'.repeat(32);
    const v6 = `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth1\n${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo\n`;
    expect(defaultRoutesV6(v6)).toEqual(['eth1']);
    expect(nameServers('# x\nnameserver 192.0.2.1\nsearch a\nnameserver fe80::1%eth0\n')).toEqual([
      '192.0.2.1',
      'fe80::1%eth0',
    ]);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(defaultRoutes(text)).toEqual([]);
        expect(defaultRoutesV6(text)).toEqual([]);
      }),
    );
  });
});
