import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Deployment,
  isUnderWay,
  type Observation,
  observe,
  progressOf,
  startDeployment,
} from '../src/deploy/deployment.ts';
import { keptDeployment } from '../src/deploy/kept-deployment.ts';
import { parseTarballName } from '../src/deploy/tarball-name.ts';

const request = '{"install":[{"name":"sine.v2.tar.gz"}]}';
const report = (ts: number, version: string) => ({
  ts,
  value: JSON.stringify({ apps: [{ sine: { version, status: 'RUNNING', uptime: 1, exitstatus: null } }] }),
});
const asked = startDeployment(
  { install: ['sine.v2.tar.gz'], engine_fetch: request, ts: 100 },
  { engineReport: report(90, '1'), fetchStatus: { ts: 50, value: 'installed sine 1' } },
);
const nothing: Observation = {
  engineFetch: { ts: 100, value: request },
  engineReport: report(90, '1'),
  statuses: [{ ts: 50, value: 'installed sine 1' }],
};
const after = (...seen: Partial<Observation>[]) =>
  seen.reduce<Deployment>((deployment, news) => observe(deployment, { ...nothing, ...news }), asked);

describe('a deployment', () => {
  it('waits while the platform’s data tell nothing new', () => {
    expect(after({})).toBe(asked);
    expect(progressOf(asked)).toBe('waiting');
  });

  it('is told in its steps: taken, answered, the new version reported', () => {
    const cleared = { engineFetch: { ts: 102, value: '' } };
    const answered = { ...cleared, statuses: [{ ts: 105, value: 'installed sine 2' }, ...nothing.statuses] };
    expect(progressOf(after(cleared))).toBe('working');
    expect(progressOf(after(cleared, answered))).toBe('answered');
    const reported = after(cleared, answered, { ...answered, engineReport: report(106, '2') });
    expect(reported.steps).toEqual([
      { kind: 'taken', at: 102 },
      { kind: 'status', at: 105, text: 'installed sine 2' },
      { kind: 'version', at: 106, app: 'sine', from: '1', to: '2' },
    ]);
    expect(progressOf(reported)).toBe('reported');
    expect(isUnderWay(reported)).toBe(false);
  });

  it('has no step for a first version that is only on probation, and one when it is installed', () => {
    const first = startDeployment(
      { install: ['sine.v2.tar.gz'], engine_fetch: request, ts: 100 },
      { engineReport: null, fetchStatus: null },
    );
    const onProbation = observe(first, { engineFetch: null, engineReport: report(101, ''), statuses: [] });
    expect(onProbation).toBe(first);
    const installed = observe(onProbation, {
      engineFetch: null,
      engineReport: report(102, '2'),
      statuses: [],
    });
    expect(installed.steps).toEqual([{ kind: 'version', at: 102, app: 'sine', from: undefined, to: '2' }]);
  });

  it('is told in one step when all of it happened between two looks', () => {
    const all = after({
      engineFetch: { ts: 100, value: '' },
      statuses: [{ ts: 101, value: 'done' }],
      engineReport: report(101, '2'),
    });
    expect(all.steps.map(({ kind }) => kind)).toEqual(['taken', 'status', 'version']);
    expect(progressOf(all)).toBe('reported');
  });

  it('that failed is answered, with the old version still reported', () => {
    const failed = after({
      engineFetch: { ts: 101, value: '' },
      statuses: [{ ts: 103, value: 'install.sh exited with status 3' }],
      engineReport: report(103, '1'),
    });
    expect(progressOf(failed)).toBe('answered');
  });

  it('of the version that is there already is not taken as installed before the gateway reports a change', () => {
    const again = startDeployment(
      { install: ['sine.v1.tar.gz'], engine_fetch: request, ts: 100 },
      { engineReport: report(90, '1'), fetchStatus: null },
    );
    expect(progressOf(observe(again, { ...nothing, engineReport: report(104, '1') }))).toBe('waiting');
  });

  it('that was rolled back is not shown as installed', () => {
    const back = after({ engineReport: report(103, '2') }, { engineReport: report(109, '1') });
    expect(back.steps).toHaveLength(2);
    expect(progressOf(back)).not.toBe('reported');
  });

  it('knows when another request took its place', () => {
    const other = after({ engineFetch: { ts: 101, value: '{"install":[]}' } });
    expect(progressOf(other)).toBe('replaced');
    expect(isUnderWay(other)).toBe(false);
  });

  it('shows the last of the answers that were written within one second', () => {
    const twice = after({ statuses: [{ ts: 105, value: 'a' }] }, { statuses: [{ ts: 105, value: 'a b' }] });
    expect(twice.steps).toEqual([{ kind: 'status', at: 105, text: 'a b' }]);
  });

  it('sees an answer in the second of the request, but not the one that was there', () => {
    const late = startDeployment(
      { install: ['sine.v2.tar.gz'], engine_fetch: request, ts: 100 },
      { engineReport: null, fetchStatus: { ts: 100, value: 'of another' } },
    );
    expect(observe(late, { ...nothing, statuses: [{ ts: 100, value: 'of another' }] }).steps).toEqual([]);
    expect(observe(late, { ...nothing, statuses: [{ ts: 100, value: 'mine' }] }).steps).toHaveLength(1);
  });

  it('changes nothing when the same is seen again, bears any text, and survives being kept', () => {
    const value = (text: fc.Arbitrary<string>) =>
      fc.option(fc.record({ ts: fc.integer({ min: 95, max: 110 }), value: text }));
    const anyText = fc.oneof(fc.string(), fc.constantFrom('', request, report(0, '2').value), fc.json());
    const seen = fc.record({
      engineFetch: value(anyText),
      engineReport: value(anyText),
      statuses: fc.uniqueArray(fc.record({ ts: fc.integer({ min: 95, max: 110 }), value: anyText }), {
        selector: ({ ts }) => ts,
      }),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 5 }), (looks) => {
        let deployment = asked;
        for (const look of looks) {
          deployment = observe(deployment, look);
          expect(observe(deployment, look)).toBe(deployment);
          progressOf(deployment);
        }
        expect(keptDeployment(JSON.stringify(deployment))).toEqual(deployment);
      }),
    );
  });
});

describe('a kept deployment', () => {
  it('that was not written by this page counts as none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(keptDeployment(text)).toBeUndefined();
      }),
    );
  });
});

describe('the name of a tarball', () => {
  it.each([
    ['test_app.v1.tar.gz', 'test_app', '1'],
    ['your_app.v1.2.3.tar.gz', 'your_app', '1.2.3'],
    ['device-client.v1-4-13.tar.gz', 'device-client', '1-4-13'],
  ])('%s names the application and the version', (file, app, version) => {
    expect(parseTarballName(file)).toEqual({ app, version });
  });

  it.each([
    'app.tar.gz',
    'app.v.tar.gz',
    '.v1.tar.gz',
    'my app.v1.tar.gz',
    'app.v1.zip',
    'a/b.v1.tar.gz',
    '',
  ])('%j is refused', (file) => {
    expect(parseTarballName(file)).toBeUndefined();
  });
});
