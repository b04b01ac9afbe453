import { DeviceApiError, NetworkError } from '@gateway-engine/device-client';
import { describe, expect, it } from 'vitest';
import { judgeApps } from '../../src/doctor/apps/judge-apps.ts';
import { judgeClock } from '../../src/doctor/clock/judge-clock.ts';
import type { ConfigurationFacts } from '../../src/doctor/configuration/configuration-facts.ts';
import { judgeConfiguration } from '../../src/doctor/configuration/judge-configuration.ts';
import { judgeDisk } from '../../src/doctor/disk/judge-disk.ts';
import { judgeEngine } from '../../src/doctor/engine/judge-engine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { serverOf } from '../../src/doctor/gateway.ts';
import { judgeNetwork } from '../../src/doctor/network/judge-network.ts';
import type { NetworkFacts, Way } from '../../src/doctor/network/network-facts.ts';
import { judgePlatform } from '../../src/doctor/platform/judge-platform.ts';
import type { PlatformFacts } from '../../src/doctor/platform/platform-facts.ts';
import { judgeQueue } from '../../src/doctor/queue/judge-queue.ts';
import type { QueueFacts } from '../../src/doctor/queue/queue-facts.ts';
import { judgeSupervisor } from '../../src/doctor/supervisor/judge-supervisor.ts';
import type { SupervisorState } from '../../src/doctor/supervisor/supervisor-facts.ts';
import { judgeTrust } from '../../src/doctor/trust/judge-trust.ts';
import type { TrustFacts } from '../../src/doctor/trust/trust-facts.ts';
import type { Install } from '../../src/ota/install.ts';

const now = Date.UTC(2026, 5, 1);
const nowSeconds = now / 1000;
const fault = (code: string) => Object.assign(new Error(code), { code });

/** `name outcome` of each finding; every one that is not well says what to do. */
function verdicts(findings: readonly Finding[]): string[] {
  for (const { outcome, advice } of findings) {
    expect(advice !== undefined).toBe(outcome === 'warning' || outcome === 'failed');
  }
  return findings.map(({ name, outcome }) => `${name} ${outcome}`);
}

describe('the network', () => {
  const eth0 = { name: 'eth0', mac: '', up: true, addresses: ['192.0.2.7'] };
  const way: Way = {
    server: 'https://platform.example',
    proxy: undefined,
    host: 'platform.example',
    port: 443,
    addresses: { value: ['203.0.113.9'] },
    connection: { value: { address: '203.0.113.9', ms: 12 } },
    handshake: { value: { protocol: 'TLSv1.3', certificateEnds: now + 90 * 86_400_000 } },
  };
  const well: NetworkFacts = {
    interfaces: { value: [eth0] },
    routes: ['eth0'],
    nameServers: ['192.0.2.1'],
    way,
  };
  const noName: Way = {
    ...way,
    addresses: { error: fault('ENOTFOUND') },
    connection: undefined,
    handshake: undefined,
  };
  const noLine: Way = { ...way, connection: { error: fault('ECONNREFUSED') }, handshake: undefined };
  const untrusted = (code: string): Way => ({ ...way, handshake: { error: fault(code) } });
  it.each<[string, NetworkFacts, string]>([
    ['all is well', well, 'ok ok ok ok ok'],
    ['no cable', { ...well, interfaces: { value: [{ ...eth0, up: false }] } }, 'failed ok ok ok ok'],
    ['no address', { ...well, interfaces: { value: [{ ...eth0, addresses: [] }] } }, 'failed ok ok ok ok'],
    ['no interface', { ...well, interfaces: { value: [] } }, 'failed ok ok ok ok'],
    ['no default route, none needed', { ...well, routes: [] }, 'ok warning ok ok ok'],
    ['no default route', { ...well, routes: [], way: noLine }, 'ok failed ok failed skipped'],
    ['no name', { ...well, way: noName }, 'ok ok failed skipped skipped'],
    ['refused', { ...well, way: noLine }, 'ok ok ok failed skipped'],
    ['wrong clock', { ...well, way: untrusted('CERT_NOT_YET_VALID') }, 'ok ok ok ok failed'],
    ['unknown authority', { ...well, way: untrusted('SELF_SIGNED_CERT_IN_CHAIN') }, 'ok ok ok ok failed'],
    ['another name', { ...well, way: untrusted('ERR_TLS_CERT_ALTNAME_INVALID') }, 'ok ok ok ok failed'],
    ['no TLS there', { ...well, way: untrusted('EPROTO') }, 'ok ok ok ok failed'],
    [
      'a certificate that ends soon',
      {
        ...well,
        way: { ...way, handshake: { value: { protocol: 'TLSv1.3', certificateEnds: now + 86_400_000 } } },
      },
      'ok ok ok ok warning',
    ],
    [
      'plain HTTP',
      { ...well, way: { ...way, server: 'http://platform.example', handshake: undefined } },
      'ok ok ok ok warning',
    ],
    [
      'a proxy',
      { ...well, way: { ...way, proxy: 'proxy:3128', handshake: undefined } },
      'ok ok ok ok skipped',
    ],
    [
      'the platform on this machine',
      {
        ...well,
        interfaces: { value: [] },
        routes: [],
        way: { ...way, server: 'http://127.0.0.1', host: '127.0.0.1', handshake: undefined },
      },
      'skipped skipped ok ok skipped',
    ],
    ['nothing configured', { ...well, way: { unknown: 'no platform' } }, 'ok ok skipped skipped skipped'],
  ])('%s', (_, facts, outcomes) => {
    const names = ['interface', 'route', 'name', 'connection', 'tls'];
    expect(verdicts(judgeNetwork(facts, now))).toEqual(
      outcomes.split(' ').map((outcome, index) => `network.${names[index]} ${outcome}`),
    );
  });

  it('says of a certificate that is not valid yet to look at the clock', () => {
    const tls = judgeNetwork({ ...well, way: untrusted('CERT_NOT_YET_VALID') }, now).at(-1);
    expect(tls?.advice).toContain("look at this gateway's clock first");
  });
});

describe('the clock', () => {
  it.each([
    [now, 0, 0, 'ok ok skipped'],
    [now, 59, nowSeconds - 1, 'ok ok ok'],
    [now, -61, nowSeconds - 1, 'ok failed ok'],
    [now, 61, nowSeconds + 1, 'ok failed failed'],
    [86_400_000, -1_700_000_000, 1_700_000_000, 'failed failed failed'],
  ])('%d, %d s from the platform, floor %d', (at, offset, provenTime, outcomes) => {
    expect(verdicts(judgeClock({ now: at, offset, provenTime }))).toEqual(
      outcomes.split(' ').map((outcome, index) => `clock.${['year', 'offset', 'floor'][index]} ${outcome}`),
    );
  });

  it('is not compared with a platform that does not answer', () => {
    const [, offset] = judgeClock({ now, offset: { unknown: 'no network' }, provenTime: 0 });
    expect(offset).toEqual({ name: 'clock.offset', outcome: 'skipped', found: 'no network' });
  });
});

describe('the disk', () => {
  const space = { size: 1e9, available: 5e8, inodes: 1e5, freeInodes: 5e4 };
  const well = { home: '/h', space: { value: space }, write: { value: undefined }, reserve: true };
  it.each([
    ['all is well', well, 'ok ok ok ok ok'],
    ['little room', { ...well, space: { value: { ...space, available: 4e7 } } }, 'ok warning ok ok ok'],
    [
      'no room',
      { ...well, space: { value: { ...space, available: 1e6 } }, reserve: false },
      'ok failed ok ok warning',
    ],
    ['no inodes', { ...well, space: { value: { ...space, freeInodes: 3 } } }, 'ok ok failed ok ok'],
    [
      'inodes uncounted',
      { ...well, space: { value: { ...space, inodes: 0, freeInodes: 0 } } },
      'ok ok skipped ok ok',
    ],
    ['read-only', { ...well, write: { error: fault('EROFS') } }, 'ok ok ok failed ok'],
    ['full', { ...well, write: { error: fault('ENOSPC') } }, 'ok ok ok failed ok'],
    ['not ours', { ...well, write: { error: fault('EACCES') } }, 'ok ok ok failed ok'],
    [
      'broken',
      { ...well, space: { error: fault('EIO') }, write: { error: fault('EIO') } },
      'ok failed skipped failed ok',
    ],
    ['no engine yet', { ...well, reserve: undefined }, 'ok ok ok ok skipped'],
    [
      'no home',
      { home: '/h', space: undefined, write: undefined, reserve: undefined },
      'failed skipped skipped skipped skipped',
    ],
  ])('%s', (_, facts, outcomes) => {
    expect(
      verdicts(judgeDisk(facts))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});

describe('the configuration', () => {
  const read = (path: string) => ({ path, kind: 'read' as const, notes: [] });
  const well: ConfigurationFacts = {
    files: {
      'Gateway.cfg': read('/e/Gateway.cfg'),
      'Engine.config': read('/e/Engine.config'),
      'gmq.cfg': read('/e/gmq.cfg'),
      'supervisord.conf': read('/e/supervisord.conf'),
    },
    product: 'p',
    vendor: 'p',
    serial: { kind: 'set', serial: 'sn' },
    servers: { engine: 'https://a', queue: 'https://a' },
    secrets: [{ path: '/e/Gateway.cfg', mode: 0o600, owner: 0 }],
    owner: 0,
  };
  const unwell = (change: Partial<ConfigurationFacts>) =>
    judgeConfiguration({ ...well, ...change })
      .filter(({ outcome }) => outcome !== 'ok')
      .map(({ name, outcome }) => `${name} ${outcome}`);
  it.each<[string, Partial<ConfigurationFacts>, string[]]>([
    ['all is well', {}, []],
    [
      'a file that cannot be read',
      {
        files: { ...well.files, 'Gateway.cfg': { path: '', kind: 'bad', problem: 'line 1' } },
        serial: { kind: 'unknown' },
      },
      ['config.Gateway.cfg failed', 'config.product skipped', 'config.serial skipped'],
    ],
    [
      'a missing queue file',
      { files: { ...well.files, 'gmq.cfg': { path: '', kind: 'missing' } } },
      ['config.gmq.cfg warning'],
    ],
    [
      'a missing supervisor file',
      { files: { ...well.files, 'supervisord.conf': { path: '', kind: 'missing' } } },
      ['config.supervisord.conf failed'],
    ],
    [
      "the system's supervisor",
      { files: { ...well.files, 'supervisord.conf': { path: '', kind: 'elsewhere' } } },
      ['config.supervisord.conf skipped'],
    ],
    [
      'an unknown option',
      { files: { ...well.files, 'gmq.cfg': { path: '', kind: 'read', notes: ['x'] } } },
      ['config.gmq.cfg warning'],
    ],
    ['no product', { product: undefined }, ['config.product failed']],
    ['no serial number', { serial: { kind: 'none' } }, ['config.serial failed']],
    [
      'an interface that is gone',
      { serial: { kind: 'interface', iface: 'eth9', problem: 'no eth9' } },
      ['config.serial failed'],
    ],
    ['two platforms', { servers: { engine: 'https://a', queue: undefined } }, ['config.server warning']],
    [
      'an open secret',
      { secrets: [{ path: '/e/Gateway.cfg', mode: 0o644, owner: 0 }] },
      ['config.secrets failed'],
    ],
    [
      "another's secret",
      { secrets: [{ path: '/e/Gateway.cfg', mode: 0o600, owner: 5 }] },
      ['config.secrets warning'],
    ],
    ['no secrets yet', { secrets: [] }, ['config.secrets skipped']],
  ])('%s', (_, change, outcomes) => {
    expect(unwell(change)).toEqual(outcomes);
    verdicts(judgeConfiguration({ ...well, ...change }));
  });

  it('of the engine says where it would call', () => {
    const missing = { kind: 'missing' } as const;
    const bad = { kind: 'bad', problem: 'x' } as const;
    const vendor = (name: string | undefined) => ({ kind: 'read', value: { vendor: name } }) as const;
    expect(serverOf(missing, { kind: 'read', value: { server: 'http://a' } })).toEqual({ url: 'http://a' });
    const withLogin = serverOf(missing, { kind: 'read', value: { server: 'http://me:secret@a' } });
    expect(withLogin).toEqual({ unknown: expect.not.stringContaining('secret') });
    expect(serverOf(vendor('Pump'), missing)).toEqual({ url: 'https://pump.m2.exosite.com' });
    for (const [identity, engine] of [
      [vendor(undefined), missing],
      [missing, bad],
      [bad, missing],
      [vendor('a b'), missing],
    ] as const) {
      expect(serverOf(identity, engine)).toHaveProperty('unknown');
    }
  });
});

describe('the supervisor', () => {
  const program = (group: string, statename: string, lastError = '') => ({
    process: {
      group,
      name: group,
      statename,
      description: 'pid 7',
    } as SupervisorState['answer'] extends infer A
      ? A extends { value: { programs: readonly (infer P)[] } }
        ? P extends { process: infer Q }
          ? Q
          : never
        : never
      : never,
    lastError,
    restarts: 0,
  });
  const answer = (...programs: ReturnType<typeof program>[]) => ({
    url: 'unix:///s',
    answer: { value: { version: '4.2.5+gwe.0.1.0', pid: 1, state: 'RUNNING', programs } },
  });
  it.each([
    ['all runs', answer(program('gwe', 'RUNNING'), program('gmq', 'RUNNING')), 'ok ok ok ok'],
    [
      'gwe is fatal',
      answer(program('gwe', 'FATAL', 'exit status 255'), program('gmq', 'STARTING')),
      'ok failed warning ok',
    ],
    ['gmq was stopped', answer(program('gwe', 'RUNNING'), program('gmq', 'STOPPED')), 'ok ok failed ok'],
    ['neither is known', answer(), 'ok failed failed ok'],
    [
      'an application fails',
      answer(program('gwe', 'RUNNING'), program('gmq', 'RUNNING'), program('app', 'BACKOFF')),
      'ok ok ok failed',
    ],
    [
      'one has ended',
      answer(program('gwe', 'RUNNING'), program('gmq', 'RUNNING'), program('app', 'EXITED')),
      'ok ok ok ok',
    ],
    ['no answer', { url: 'unix:///s', answer: { error: fault('ENOENT') } }, 'failed skipped skipped skipped'],
  ])('%s', (_, state, outcomes) => {
    expect(
      verdicts(judgeSupervisor(state))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });

  it('is told apart from a real supervisord', () => {
    expect(judgeSupervisor(answer())[0]?.found).toContain('gwe-supervisord 0.1.0, process 1');
    const real = {
      url: 'u',
      answer: { value: { version: '4.2.5', pid: 1, state: 'RUNNING', programs: [] } },
    };
    expect(judgeSupervisor(real)[0]?.found).toContain('supervisord 4.2.5, process 1');
  });
});

describe('the queue', () => {
  type Status = Extract<QueueFacts['status'], { value: unknown }>['value'];
  const figures = {
    waiting: 0,
    bytes: 0,
    accepted: 0,
    uploaded: 0,
    merged: 0,
    refused: 0,
    dropped: 0,
    expired: 0,
    deadLetters: 0,
    oldest: null,
    rates: null,
  };
  const quiet: Status = {
    ...figures,
    database: 'd',
    fileBytes: 0,
    running: true,
    identities: [],
    newestDeadLetters: [],
    mqtt: null,
    corruptedFiles: [],
  };
  const identity = {
    ...figures,
    waiting: 5,
    id: 1,
    vendor: 'v',
    model: 'm',
    serial: 's',
    cik: null,
    problem: 'no network',
  };
  const letter = { identity: 'i', alias: 'temperature', at: 0, reason: '400', setAside: 0 };
  const of = (change: Partial<Status>): QueueFacts => ({
    listen: 'l',
    maxBytes: 1000,
    status: { value: { ...quiet, ...change } },
  });
  it.each<[string, QueueFacts | { unknown: string }, string]>([
    ['all is well', of({}), 'ok ok ok ok'],
    ['some wait', of({ waiting: 5, bytes: 10, oldest: nowSeconds - 5 }), 'ok ok ok ok'],
    ['some wait for long', of({ waiting: 5, bytes: 10, oldest: nowSeconds - 9000 }), 'ok warning ok ok'],
    ['some wait for a reason', of({ waiting: 5, bytes: 10, identities: [identity] }), 'ok warning ok ok'],
    ['full', of({ waiting: 5, bytes: 900 }), 'ok failed ok ok'],
    ['not running', of({ running: false }), 'failed ok ok ok'],
    ['refused', of({ deadLetters: 3, newestDeadLetters: [letter] }), 'ok ok warning ok'],
    ['lost', of({ dropped: 3, expired: 1 }), 'ok ok ok warning'],
    ['corrupted', of({ corruptedFiles: ['gmq.db.corrupt-1'] }), 'ok ok ok warning'],
    [
      'unreadable',
      { listen: 'l', maxBytes: 1, status: { error: fault('X') } },
      'failed skipped skipped skipped',
    ],
    ['unknown', { unknown: 'no gmq.cfg' }, 'skipped skipped skipped skipped'],
  ])('%s', (_, facts, outcomes) => {
    expect(
      verdicts(judgeQueue(facts, now))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});

describe('the platform', () => {
  const well: PlatformFacts = {
    server: 's',
    time: { value: { platform: now, own: now } },
    key: 'present',
    read: { value: {} },
  };
  const refused = (status: number) => ({ ...well, read: { error: new DeviceApiError('refused', status) } });
  it.each<[string, PlatformFacts | { unknown: string }, string]>([
    ['all is well', well, 'ok ok'],
    ['not activated', { ...well, key: 'none', read: undefined }, 'ok failed'],
    ['no key at all', { ...well, key: 'bad', read: undefined }, 'ok failed'],
    ['an unreadable file', { ...well, key: 'unreadable', read: undefined }, 'ok skipped'],
    ['refused', refused(401), 'ok failed'],
    ['locked', refused(403), 'ok failed'],
    ['broken', refused(500), 'ok failed'],
    [
      'no network',
      { ...well, time: { error: new NetworkError('no answer') }, read: undefined },
      'failed skipped',
    ],
    [
      'another server',
      {
        ...well,
        time: { error: new DeviceApiError('not found', 404) },
        read: { error: new DeviceApiError('x', 404) },
      },
      'failed failed',
    ],
    ['not configured', { unknown: 'nothing' }, 'failed skipped'],
  ])('%s', (_, facts, outcomes) => {
    expect(
      verdicts(judgePlatform(facts))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});

describe('trust', () => {
  const sha256 = 'ab'.repeat(32);
  const floor = { root: 1, timestamp: 1, snapshot: 1, targets: 1 };
  const year = nowSeconds + 365 * 86_400;
  const well: TrustFacts = {
    verify: undefined,
    configured: undefined,
    pinned: { sha256, floor },
    ends: { root: year, targets: year, timestamp: 0 },
  };
  it.each<[string, TrustFacts | { unknown: string }, string]>([
    ['all is well', well, 'ok ok ok'],
    ['switched off', { ...well, verify: 'off' }, 'warning ok ok'],
    ['nothing pinned', { ...well, pinned: undefined, ends: {} }, 'warning skipped skipped'],
    ['configured, not pinned', { ...well, pinned: undefined, configured: sha256 }, 'ok warning skipped'],
    ['another configured', { ...well, configured: 'cd'.repeat(32) }, 'ok failed ok'],
    ['targets expired', { ...well, ends: { ...well.ends, targets: nowSeconds } }, 'ok ok failed'],
    [
      'the root expires soon',
      { ...well, ends: { ...well.ends, root: nowSeconds + 86_400 } },
      'ok ok warning',
    ],
    ['nothing fetched', { ...well, pinned: { sha256, floor: undefined } }, 'ok ok skipped'],
    ['torn files', { ...well, ends: {} }, 'ok ok warning'],
    ['unreadable', { unknown: 'x' }, 'skipped skipped skipped'],
  ])('%s', (_, facts, outcomes) => {
    expect(
      verdicts(judgeTrust(facts, now))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});

describe('the engine', () => {
  const well = { state: { daemon: 7 }, current: '1', missing: [], trial: undefined, failedTrial: undefined };
  it.each([
    ['all is well', well, 'ok ok ok'],
    ['not running', { ...well, state: { daemon: undefined } }, 'failed ok ok'],
    ['a broken database', { ...well, state: { unknown: 'x', broken: true } }, 'failed ok ok'],
    ['from elsewhere', { ...well, current: undefined }, 'ok skipped ok'],
    ['a slot that is not whole', { ...well, missing: ['gmq'] }, 'ok failed ok'],
    ['on probation', { ...well, trial: { version: '2', previous: '1', seconds: 600 } }, 'ok ok warning'],
    ['failed', { ...well, failedTrial: { version: '2', reason: 'it did not start' } }, 'ok ok warning'],
  ])('%s', (_, facts, outcomes) => {
    expect(
      verdicts(judgeEngine(facts))
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});

describe('the applications', () => {
  const install = (change: Partial<Install>): Install => ({
    id: 1,
    source: 'content',
    tarball: 'app.v1.tar.gz',
    path: null,
    state: 'committed',
    attempts: 0,
    createdAt: now,
    changedAt: now,
    facts: {},
    ...change,
  });
  const waits = { for: 'window', text: 'until 01:00' } as const;
  it.each([
    ['none', [], [], 'ok ok ok'],
    ['on probation', [install({ state: 'probation' })], [], 'warning ok ok'],
    ['waiting', [install({ state: 'staged', facts: { waits } })], [], 'ok warning ok'],
    ['failed', [], [install({ state: 'failed' })], 'ok ok warning'],
    ['failed, then installed', [], [install({ id: 2 }), install({ state: 'failed' })], 'ok ok ok'],
  ])('%s', (_, unfinished, history, outcomes) => {
    const findings = judgeApps({ unfinished, history, probationSeconds: 30 });
    expect(
      verdicts(findings)
        .map((each) => each.split(' ')[1])
        .join(' '),
    ).toBe(outcomes);
  });
});
