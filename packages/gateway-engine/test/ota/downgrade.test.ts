import { silentLogger } from '@gateway-engine/host';
import { rawTar, rawTarball } from '@gateway-engine/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { InstallRunner } from '../../src/ota/run.ts';
import { judgeTarget } from '../../src/trust/judge-target.ts';
import type { UpdateTrust, WantedApp } from '../../src/trust/update-trust.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';
import { signedVerdict } from './signed-content.ts';

let kit: GatewayKit;
let name = 'app';
let count = 0;

beforeAll(async () => {
  kit = await GatewayKit.make();
  await kit.startSupervisor();
});

afterAll(async () => {
  await kit?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  name = `app${++count}`;
  kit.probationSeconds = 0;
});

const entriesOf = (version: string) =>
  packageOf([`: ${version}`], [`command = /bin/sleep 85${version}`, 'startsecs = 0']);
const tarballOf = (version: string) => `${name}.v${version}.tar.gz`;

/** As real metadata judges it: version N of the application is release N of its product. */
async function judge(tarball: string, app: WantedApp) {
  const entries = entriesOf(app.version);
  const { custom, ...file } = signedVerdict(app.version, rawTar(entries), Buffer.from(rawTarball(entries)));
  const release = Number(app.version);
  return judgeTarget({ ...file, path: tarball, custom: { ...custom, app: app.name, release } }, app);
}

const trust: UpdateTrust = {
  judgeContent: judge,
  judgeFile: async (tarball, _file, app) => await judge(tarball, app),
};

function runner(): InstallRunner {
  return kit.runnerOf({ ...kit.parts(kit.journal()), trust, logger: silentLogger });
}

async function instruct(version: string): Promise<void> {
  kit.instruct(kit.journal(), tarballOf(version), entriesOf(version));
  await kit.runToEnd(runner());
}

describe('an older release that nobody has permitted', () => {
  it('is not installed over one that was gone back to by hand', async () => {
    for (const version of ['1', '2', '3']) await instruct(version);
    const journal = kit.journal();
    const kept = kit.parts(journal).files.kept(name, '2');
    journal.add('kept', tarballOf('2'), kept);
    await kit.runToEnd(runner());
    expect(journal.app(name)).toMatchObject({ version: '2', release: 2, previousRelease: 3 });
    kit.takeStatus();
    await instruct('1');
    expect(kit.takeStatus()).toContain(
      `${tarballOf('1')}: failed: version 1 of ${name} (release 1) is older`,
    );
    await instruct('3');
    expect(journal.app(name)).toMatchObject({ version: '3', release: 3, previousRelease: 2 });
  });

  it('is not installed by removing the application first', async () => {
    for (const version of ['1', '2']) await instruct(version);
    const journal = kit.journal();
    kit.takeStatus();
    journal.addInstruction(`remove ${name}`, { install: [tarballOf('1')], remove: [name] });
    await kit.runToEnd(runner());
    await instruct('1');
    expect(journal.app(name)).toBeUndefined();
    const status = kit.takeStatus();
    expect(status).toContain(`${name}: version 2 removed`);
    expect(status).toContain(`${tarballOf('1')}: failed: version 1 of ${name} (release 1) is older`);
    await instruct('2');
    expect(journal.app(name)).toMatchObject({ version: '2', release: 2 });
  });

  it('is not installed because it was judged before the later one had stood its probation', async () => {
    await instruct('1');
    kit.probationSeconds = 1;
    const journal = kit.journal();
    const both = runner();
    kit.instruct(journal, tarballOf('3'), entriesOf('3'));
    await both.run(AbortSignal.timeout(60_000));
    expect(journal.unfinished()).toMatchObject([{ state: 'probation' }]);
    kit.instruct(journal, tarballOf('2'), entriesOf('2'));
    await kit.runToEnd(both);
    await both.run(AbortSignal.timeout(60_000));
    expect(journal.app(name)).toMatchObject({ version: '3', release: 3 });
    expect(kit.takeStatus()).toContain(
      `${tarballOf('2')}: failed: version 2 of ${name} (release 2) is older`,
    );
  });
});
