import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Contents,
  compileExecutable,
  layOutPackage,
  ownTarget,
  packDebian,
  packTarball,
} from '@gateway-engine/release';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { busybox, CleanRoot, debian } from '../src/clean-root.ts';
import { examplesOf } from '../src/documented-examples.ts';
import { root } from '../src/system.ts';
import { makeTarball, script } from '../src/tarballs.ts';

const home = '/opt/gateway-engine';
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let contents: Contents;
let tarball: string;
let folder: string;

beforeAll(async () => {
  work = await temporaryFolder();
  const build = { version: '0.1.0', commit: 'test' };
  const executable = compileExecutable(root, ownTarget(), build, join(root, 'release', 'build', 'test'));
  contents = { root, target: ownTarget(), version: build.version, executable, time: 1_700_000_000 };
  folder = layOutPackage(contents, work.path);
  tarball = packTarball(folder, contents, work.path, 1);
});

afterAll(() => work?.[Symbol.asyncDispose]());

/** An application that counts its starts and goes on until it is stopped. */
const applicationFiles = [
  script('install.sh', 'cp run.sh /usr/local/bin/beat.sh'),
  script('run.sh', 'echo start >> /root/starts', 'exec sleep 100000'),
  { path: 'supervisor.conf', content: '[supervisord]\ncommand = /usr/local/bin/beat.sh\n' },
];

async function withPackage(where: CleanRoot): Promise<void> {
  copyFileSync(tarball, join(where.path, 'root', basename(tarball)));
  makeTarball(join(where.path, 'root'), 'beat.v1.tar.gz', applicationFiles);
  await where.sh(`tar -xzf ${basename(tarball)}`);
}

const examples = ['getting-started.md', 'release-packages.md']
  .flatMap(examplesOf)
  .filter(({ cleanSystem }) => cleanSystem);
const unused = new Set(examples.map(({ place }) => place));

/** The one block of a page that has this text, with the names of the test. */
function documented(page: string, text: string): string {
  const [found, ...others] = examples.filter(
    (each) => each.place.startsWith(`docs/${page}:`) && each.text.includes(text),
  );
  if (!found || others.length > 0) throw new Error(`docs/${page} has no block of its own with ${text}`);
  unused.delete(found.place);
  return found.text
    .replaceAll('linux-arm64', contents.target)
    .replaceAll(/https?:\/\/(gateways\.example\.com|192\.168\.0\.10:8080)/g, 'http://127.0.0.1:8080')
    .replaceAll('my-app', 'beat');
}

const pidOf = async (where: CleanRoot, program: string) =>
  (await where.sh(`gwe-supervisorctl -c ${home}/etc/supervisord.conf pid ${program}`)).trim();

const until = (where: CleanRoot, what: string, lines: string) =>
  waitUntil(
    what,
    () =>
      where.sh(lines).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 60_000, everyMs: 500 },
  );

describe('a release package on a clean Debian that has a supervisord of its own', () => {
  let gateway: CleanRoot;

  beforeAll(async () => {
    gateway = await CleanRoot.start(debian('supervisor', 'adduser'));
    await gateway.sh(
      'printf "[program:theirs]\\ncommand = sleep 100000\\n" > /etc/supervisor/conf.d/theirs.conf && /usr/bin/supervisord',
    );
    await withPackage(gateway);
    // The platform is another machine's in truth; here it is a copy of the package.
    await gateway.sh('cp -r gateway-engine /srv');
    await startPlatform();
    const knows = documented('getting-started.md', 'product create');
    await gateway.sh(`cd /srv && HOME=/srv && ${knows}`);
  });

  afterAll(() => gateway?.[Symbol.asyncDispose]());

  async function startPlatform(): Promise<void> {
    const log = `/srv/log${Date.now()}`;
    const serve = documented('getting-started.md', 'gwe-platform serve');
    await gateway.sh(
      `cd /srv && HOME=/srv && exec setsid ${serve} < /dev/null > ${log} 2>&1 & echo $! > /srv/pid`,
    );
    await until(
      gateway,
      'the platform',
      `grep -q 'listening on http' ${log} && test -s /srv/gwe-platform/admin.json`,
    );
  }

  const operator = (words: string) =>
    gateway.sh(
      `export GWE_PLATFORM_URL=http://127.0.0.1:8080 GWE_PLATFORM_TOKEN=$(sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p' /srv/gwe-platform/admin.json); /srv/gateway-engine/bin/gwe-platform ${words}`,
    );

  test('is installed in one line and brought to its platform by a second one', async () => {
    const shown = await gateway.sh(documented('getting-started.md', 'gwe enroll'));
    expect(shown).toContain('Installation summary');
    expect(shown).toMatch(/gmq +RUNNING/);
    await waitUntil(
      'a report at the platform',
      async () => (await operator('device show demo gateway-2')).includes('engine_report'),
      {
        timeoutMs: 60_000,
        everyMs: 500,
      },
    );
    expect(await gateway.sh('cat gateway-engine/gwe_install_*.log')).toContain('0.1.0 is installed');
  });

  test('has the pages of the platform within its executable', async () => {
    const request = 'GET / HTTP/1.0\\r\\nHost: platform\\r\\n\\r\\n';
    const answer = await gateway.sh(
      `bash -c "exec 3<> /dev/tcp/127.0.0.1/8080; printf '${request}' >&3; cat <&3"`,
    );
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 .*<script type="module"/s);
  });

  test('is verified by the gwe that is there and the fingerprint of who signed it', async () => {
    await operator('product create releases');
    const create = `gwe keys create releases --json --token $(sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p' /srv/gwe-platform/admin.json)`;
    const developer = `export HOME=/srv GWE_KEY_PASSPHRASE='three long words' GWE_PLATFORM_URL=http://127.0.0.1:8080`;
    const { fingerprint } = JSON.parse(await gateway.sh(`${developer}; ${create}`)) as {
      fingerprint: string;
    };
    const name = basename(tarball);
    await gateway.sh(`${developer}; sha256sum ${name} > SHA256SUMS && gwe sign SHA256SUMS`);
    const verify = `FINGERPRINT=${fingerprint}; ${documented('release-packages.md', 'gwe verify')}`;
    expect(await gateway.sh(verify)).toMatch(
      new RegExp(`^SHA256SUMS: signed for product releases at .*\n${name}: as listed\n$`),
    );
    await expect(gateway.sh(`echo x >> SHA256SUMS; ${verify}`)).rejects.toThrow(
      'SHA256SUMS is not to be trusted',
    );
  });

  test('leaves the supervisor that was there alone', async () => {
    expect(await gateway.sh('command -v supervisorctl')).toBe('/usr/bin/supervisorctl\n');
    expect(await gateway.sh('supervisorctl status')).toMatch(/^theirs +RUNNING/);
  });

  test('is installed twice in a row and then over an older version: identity, queue and applications go on', async () => {
    await gateway.sh('gwe --install-apps beat.v1.tar.gz');
    const facts = async () => ({
      cik: await gateway.sh('gwe --gateway-cik'),
      beat: await pidOf(gateway, 'beat'),
      starts: await gateway.sh('cat starts'),
      queued: await gateway.sh('gmq export'),
    });
    await gateway.sh('gmq cfg set unq batch_record_period 33.0');
    await gateway.sh('kill $(cat /srv/pid)');
    const headers = ['Host: queue', 'X-Exosite-CIK: %s', 'Content-Length: 15', 'Connection: close'];
    const request = ['POST /onep:v1/stack/alias/fetch_status HTTP/1.1', ...headers, '', '1700000000=kept'];
    const answer = await gateway.sh(
      `bash -c "exec 3<> /dev/tcp/127.0.0.1/8090; printf '${request.join('\\\\r\\\\n')}' $(gwe -C) >&3; cat <&3"`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204/);
    const before = await facts();
    expect(before.cik).toMatch(/^[0-9a-f]{40}\n$/);
    expect(before.queued).toContain('kept');
    await gateway.sh('./gateway-engine/install.sh');
    expect(await facts()).toEqual(before);

    const old = `${contents.version}-${contents.target}`;
    expect(await gateway.sh(`cat ${home}/engine/current`)).toBe(`${old}\n`);
    await gateway.sh(
      `echo ${contents.target}.next > gateway-engine/target; ${documented('release-packages.md', 'THIS_IS_AN_OTAU')}`,
    );
    expect(await gateway.sh(`cat ${home}/engine/current`)).toBe(`${old}.next\n`);
    expect(await facts()).toEqual(before);
    for (const program of ['gwe', 'gmq']) {
      await until(
        gateway,
        `${program} of the new version`,
        `tr '\\0' '\\n' < /proc/$(gwe-supervisorctl -c ${home}/etc/supervisord.conf pid ${program})/environ | grep -q "SLOT=${old}.next"`,
      );
    }
    await until(
      gateway,
      'the supervisor of the new version',
      `tr '\\0' '\\n' < /proc/$(cat ${home}/run/supervisord.pid)/environ | grep -q "SLOT=${old}.next"`,
    );
    expect(await gateway.sh('gmq cfg get unq batch_record_period')).toBe('33.0\n');
    expect(await gateway.sh(`ls ${home}/engine`)).toContain(old);
    expect(await facts()).toEqual(before);

    await startPlatform();
    await until(gateway, 'what was queued to be gone', 'gmq drain --timeout 5 && test -z "$(gmq export)"');
  });

  test('goes on after a stop and a start of its service', async () => {
    await gateway.sh('/etc/init.d/gateway-engine stop');
    expect(await gateway.sh('grep -l "bin/gwe-[s]upervisord" /proc/[0-9]*/cmdline || true')).toBe('');
    await gateway.sh('/etc/init.d/gateway-engine start');
    await until(
      gateway,
      'the application',
      `gwe-supervisorctl -c ${home}/etc/supervisord.conf status beat | grep -q RUNNING`,
    );
  });

  test('is removed, and with --purge all of it', async () => {
    const [keep = '', purge = ''] = documented('release-packages.md', 'uninstall.sh').split('\n');
    await gateway.sh(keep);
    expect(await gateway.sh(`ls ${home}`)).toBe('apps\ncache\netc\nlog\nvar\n');
    expect(await gateway.sh('ls /usr/local/bin; ls /etc/init.d | grep gateway || true')).toBe('beat.sh\n');
    await gateway.sh('rm gateway-engine/THIS_IS_AN_OTAU.txt; ./gateway-engine/install.sh --no-start');
    expect(await gateway.sh('gwe -g')).toContain('gateway-2');
    await gateway.sh(purge);
    expect(await gateway.sh('ls /opt')).toBe('');
    expect(await gateway.sh('supervisorctl status')).toMatch(/^theirs +RUNNING/);
  });

  test('is another gateway after the two lines of its page', async () => {
    await operator('product create weather');
    await operator('device add weather roof-1');
    await gateway.sh(documented('release-packages.md', 'gwe enroll'));
    await waitUntil(
      'its report at the platform',
      async () => (await operator('device show weather roof-1')).includes('engine_report'),
      { timeoutMs: 60_000, everyMs: 500 },
    );
    await gateway.sh(`${home}/uninstall.sh --purge`);
  });

  test('is installed by somebody who is not root', async () => {
    await gateway.sh(
      'adduser --disabled-password --gecos "" somebody > /dev/null && cp -r gateway-engine /home/somebody/ && chown -R somebody /home/somebody',
    );
    const as = (line: string) =>
      gateway.sh(
        `setpriv --reuid=somebody --regid=somebody --init-groups env HOME=/home/somebody sh -ec 'cd; ${line}'`,
      );
    const lines = documented('release-packages.md', 'gateway-engine-service status');
    expect(await as(lines)).toMatch(/gmq +RUNNING(.|\n)*gmq +RUNNING/);
    await as('~/.gateway-engine/bin/gateway-engine-service stop');
    expect(await gateway.sh('ls /usr/local/bin')).toBe('beat.sh\n');
  });

  test('may be unpacked in /opt, so that it is in its home already', async () => {
    const unpackInOpt = `tar -C /opt -xzf ${basename(tarball)} && /opt/gateway-engine/install.sh`;
    await gateway.sh(unpackInOpt);
    expect(await gateway.sh('gwe --version && ls -L /opt/gateway-engine/bin')).not.toContain(
      'gateway-engine\n',
    );
    await expect(gateway.sh('/opt/gateway-engine/install.sh')).rejects.toThrow('unpack the package again');
    await gateway.sh(unpackInOpt);
    await gateway.sh('/opt/gateway-engine/uninstall.sh --purge');
  });

  test('is a .deb as well, whose purge leaves nothing', async () => {
    const deb = packDebian(folder, contents, work.path, 'none');
    cpSync(deb ?? '', join(gateway.path, 'root', 'gateway-engine.deb'));
    await gateway.sh('dpkg --install gateway-engine.deb && gwe --version');
    await until(
      gateway,
      'the queue',
      `gwe-supervisorctl -c ${home}/etc/supervisord.conf status gmq | grep -q RUNNING`,
    );
    await gateway.sh('dpkg --purge gateway-engine');
    expect(
      await gateway.sh('ls -d /opt/* /usr/lib/gateway-engine /usr/local/bin/* 2> /dev/null || true'),
    ).toBe('/usr/local/bin/beat.sh\n');
  });
});

describe('a release package on a Debian that systemd has booted', () => {
  let gateway: CleanRoot;
  const mainPid = async () =>
    (await gateway.sh('systemctl show --property MainPID --value gateway-engine')).trim();

  beforeAll(async () => {
    gateway = await CleanRoot.start(debian('systemd-sysv'), { boot: true });
    await withPackage(gateway);
  });

  afterAll(() => gateway?.[Symbol.asyncDispose]());

  test('is a service, whose programs have control groups of their own', async () => {
    await gateway.sh('cp beat.v1.tar.gz gateway-engine/apps_to_install/ && ./gateway-engine/install.sh');
    expect(await gateway.sh('systemctl is-enabled gateway-engine')).toBe('enabled\n');
    const beat = await pidOf(gateway, 'beat');
    expect(await gateway.sh(`cat /proc/${beat}/cgroup`)).toMatch(
      /^0::.*\/system\.slice\/gateway-engine\.service\/.*beat/m,
    );
  });

  test('is started again when its supervisor is killed, and applications go on', async () => {
    const before = { supervisor: await mainPid(), beat: await pidOf(gateway, 'beat') };
    await gateway.sh(`kill -9 ${before.supervisor}`);
    await waitUntil('another supervisor', async () => !['0', before.supervisor].includes(await mainPid()), {
      timeoutMs: 30_000,
    });
    await until(gateway, 'its answer', `gwe-supervisorctl -c ${home}/etc/supervisord.conf pid`);
    expect(await pidOf(gateway, 'beat')).toBe(before.beat);
  });

  test('is upgraded, and applications go on', async () => {
    const beat = await pidOf(gateway, 'beat');
    await gateway.sh(
      `rm gateway-engine/apps_to_install/beat.v1.tar.gz; echo ${contents.target}.next > gateway-engine/target; ./gateway-engine/install.sh`,
    );
    await until(
      gateway,
      'the supervisor of the new version',
      `tr '\\0' '\\n' < /proc/$(systemctl show --property MainPID --value gateway-engine)/environ | grep -q 'SLOT=.*next'`,
    );
    await until(gateway, 'its answer', `gwe-supervisorctl -c ${home}/etc/supervisord.conf pid`);
    expect(await pidOf(gateway, 'beat')).toBe(beat);
  });

  test('works with all that strict.conf forbids', async () => {
    await gateway.sh(
      `mkdir -p /etc/systemd/system/gateway-engine.service.d && sed 's|@HOME@|${home}|g' gateway-engine/init/strict.conf > /etc/systemd/system/gateway-engine.service.d/strict.conf && systemctl daemon-reload && systemctl restart gateway-engine`,
    );
    await until(
      gateway,
      'the application',
      `gwe-supervisorctl -c ${home}/etc/supervisord.conf status beat | grep -q RUNNING`,
    );
    await until(
      gateway,
      'the queue',
      `gwe-supervisorctl -c ${home}/etc/supervisord.conf status gmq | grep -q RUNNING`,
    );
  });

  test('stops with all its programs, and is removed', async () => {
    const beat = await pidOf(gateway, 'beat');
    await gateway.sh('systemctl stop gateway-engine');
    await expect(gateway.sh(`kill -0 ${beat}`)).rejects.toThrow('No such process');
    await gateway.sh(`${home}/uninstall.sh --purge`);
    expect(await gateway.sh('ls /opt; ls -d /etc/systemd/system/gateway-engine* || true')).not.toContain(
      'gateway-engine\n',
    );
  });
});

describe('a release package on a gateway that has nothing but busybox and a C library', () => {
  let gateway: CleanRoot;

  beforeAll(async () => {
    gateway = await CleanRoot.start(busybox(work.path, contents.executable));
    await withPackage(gateway);
  });

  afterAll(() => gateway?.[Symbol.asyncDispose]());

  test('makes an image: applications are installed, and nothing of it runs before the first boot', async () => {
    await gateway.sh(documented('release-packages.md', 'apps_to_install'));
    expect(await gateway.sh('tar tzf MyGateway.v1.tar.gz')).toContain('apps_to_install/beat.v1.tar.gz');
    expect(await gateway.sh('ps | grep -c "[/]gateway-engine" || true')).toBe('0\n');
    expect(await gateway.sh(`cat ${home}/etc/Gateway.cfg`)).toContain("uuid = ''");
    await gateway.sh('/etc/init.d/S90gateway-engine start');
    await until(
      gateway,
      'the application',
      'supervisorctl -c /opt/gateway-engine/etc/supervisord.conf status beat | grep -q RUNNING',
    );
  });

  test('keeps its supervisor running: one that is killed is followed by another, and the application goes on', async () => {
    const before = await pidOf(gateway, 'beat');
    const supervisor = (await gateway.sh(`cat ${home}/run/supervisord.pid`)).trim();
    await gateway.sh(`kill -9 ${supervisor}`);
    await until(
      gateway,
      'another supervisor',
      `gwe-supervisorctl -c ${home}/etc/supervisord.conf pid && test "$(cat ${home}/run/supervisord.pid)" != ${supervisor}`,
    );
    expect(await pidOf(gateway, 'beat')).toBe(before);
  });

  test('says what is wrong with a package for another machine, and changes nothing', async () => {
    await gateway.sh('cp -r gateway-engine other && echo 9.9.9 > other/version');
    await expect(gateway.sh('./other/install.sh')).rejects.toThrow(
      /not installed: its program does not run here/,
    );
    expect(await gateway.sh(`cat ${home}/engine/current`)).toBe(`${contents.version}-${contents.target}\n`);
  });
});

test('the same sources give the same bytes', () => {
  const again = compileExecutable(
    root,
    ownTarget(),
    { version: '0.1.0', commit: 'test' },
    join(root, 'release', 'build', 'again'),
  );
  expect(readFileSync(again).equals(readFileSync(contents.executable))).toBe(true);
});

test('every block of the documentation that needs a system of its own was run in one', () => {
  expect(unused).toEqual(new Set());
});
