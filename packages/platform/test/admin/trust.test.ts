import { newKey, sha256Of, TrustedMetadata } from '@gateway-engine/app-package';
import { expect, test } from 'vitest';
import { Developer, day, targetFor } from '../trust/developer.ts';
import { runAdminApi, token } from './running-api.ts';

const trust = '/api/v1/products/pump/trust';
const content = '/api/v1/products/pump/content';
const raw = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
const app = 'app.v1.tar.gz';

async function withProduct() {
  const api = await runAdminApi();
  await api.call('POST', '/api/v1/products', { id: 'pump' });
  const put = (path: string, bytes: Buffer) => api.call('PUT', `${trust}/${path}`, bytes, raw);
  const online = async () => (await api.call('GET', trust)).json.online;
  const now = () => Math.floor(api.clock.now() / 1000);
  const upload = (id: string, bytes: string) => api.call('PUT', `${content}/${id}`, bytes, raw);
  const refusal = ({ status, json }: Awaited<ReturnType<typeof put>>) => [status, json.error.code];
  return Object.assign(api, { put, online, now, upload, refusal, developer: new Developer() });
}

/** Verifies what the platform would serve, as a gateway does that has pinned the first root. */
async function verified(api: Awaited<ReturnType<typeof withProduct>>): Promise<TrustedMetadata> {
  const file = async (role: 'root' | 'targets' | 'snapshot' | 'timestamp', version?: number) => {
    const bytes = await api.store.trustFile('pump', role, version);
    if (!bytes) throw new Error(`no ${version} of ${role}`);
    return bytes;
  };
  const trusted = new TrustedMetadata(await file('root', 1), { now: api.now() });
  const { root } = await api.store.trustVersions('pump');
  for (let version = 2; version <= root; version++) trusted.updateRoot(await file('root', version));
  trusted.updateTimestamp(await file('timestamp'));
  trusted.updateSnapshot(await file('snapshot', trusted.timestamp?.snapshot.version));
  trusted.updateTargets(await file('targets', trusted.snapshot?.targets.version));
  return trusted;
}

test('a product has keys of the platform before it has a root, always the same', async () => {
  await using api = await withProduct();
  const first = await api.call('GET', trust);
  expect(first.json).toEqual({
    online: { snapshot: expect.anything(), timestamp: expect.anything() },
    root: null,
    targets: null,
    timestamp: null,
  });
  expect(first.json.online.snapshot.keyid).not.toBe(first.json.online.timestamp.keyid);
  expect(first.json.online.snapshot.key).toEqual({
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect((await api.call('GET', trust)).json).toEqual(first.json);
  expect((await api.call('GET', '/api/v1/products/other/trust')).json.error.code).toBe('NO_PRODUCT');
});

test('signed targets are served with a snapshot and a timestamp of the platform, and mark the content', async () => {
  await using api = await withProduct();
  const { developer } = api;
  const root = developer.root(1, await api.online(), api.now());
  const taken = await api.put('root', root);
  expect([taken.status, taken.json.root]).toEqual([
    201,
    { version: 1, sha256: sha256Of(root), expires: '2027-01-01T00:00:00Z' },
  ]);
  await api.upload(app, 'bytes');
  await api.upload('other.v1.tar.gz', 'other');
  const targets = developer.targets(1, api.now(), [targetFor(app, 'bytes')]);
  const published = await api.put('targets', targets);
  expect([published.status, published.json.targets?.version]).toEqual([201, 1]);
  expect(published.json.timestamp).toEqual({ version: 1, expires: '2026-01-08T00:00:00Z' });
  const trusted = await verified(api);
  expect(trusted.target(app)).toMatchObject({ length: 5, custom: { app: 'app', version: '1' } });
  expect(trusted.timestamp?.signedAt).toBe(api.now());
  const signed = async () =>
    Object.fromEntries(
      (await api.call('GET', content)).json.content.map((each: { id: string; signed: boolean }) => [
        each.id,
        each.signed,
      ]),
    );
  expect(await signed()).toEqual({ [app]: true, 'other.v1.tar.gz': false });
  expect((await api.upload(app, 'others')).json.signed).toBe(false);
  expect(await signed()).toEqual({ [app]: false, 'other.v1.tar.gz': false });
  expect((await api.upload(app, 'bytes')).json.signed).toBe(true);
});

test('what was signed is given back byte for byte', async () => {
  await using api = await withProduct();
  // Other blanks than anybody here would write: they are part of what is pinned.
  const root = Buffer.from(
    `${JSON.stringify(JSON.parse(String(api.developer.root(1, await api.online(), api.now()))), null, 3)}\n`,
  );
  expect((await api.put('root', root)).status).toBe(201);
  expect((await api.call('GET', trust)).json.root.sha256).toBe(sha256Of(root));
  const answer = await api.call('GET', `${trust}/root/1`);
  expect([answer.status, answer.text]).toEqual([200, root.toString()]);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(api.refusal(await api.call('GET', `${trust}/root/2`))).toEqual([404, 'NO_TRUST']);
  expect(api.refusal(await api.call('GET', `${trust}/targets`))).toEqual([404, 'NO_TRUST']);
});

test('targets are refused before there is a root, and when they do not follow on the latest', async () => {
  await using api = await withProduct();
  const { developer } = api;
  const targets = (version: number) => developer.targets(version, api.now(), []);
  expect(api.refusal(await api.put('targets', targets(1)))).toEqual([404, 'NO_TRUST']);
  await api.put('root', developer.root(1, await api.online(), api.now()));
  expect(api.refusal(await api.put('targets', targets(2)))).toEqual([409, 'STALE']);
  expect((await api.put('targets', targets(1))).status).toBe(201);
  expect(api.refusal(await api.put('targets', targets(1)))).toEqual([409, 'STALE']);
  expect((await api.put('targets', targets(2))).status).toBe(201);
  expect((await verified(api)).targets?.version).toBe(2);
});

test('targets that somebody else signed, expired ones, and what is no metadata are refused', async () => {
  await using api = await withProduct();
  const { developer } = api;
  await api.put('root', developer.root(1, await api.online(), api.now()));
  const before = await api.store.trustVersions('pump');
  const stranger = new Developer().targets(1, api.now(), []);
  const expired = developer.targets(1, api.now() - day, [], api.now());
  for (const bytes of [stranger, expired, Buffer.from('{}'), Buffer.from('nothing'), Buffer.alloc(0)]) {
    expect(api.refusal(await api.put('targets', bytes))).toEqual([400, 'BAD_METADATA']);
  }
  expect(api.refusal(await api.put('targets', Buffer.alloc(3 * 1024 ** 2, ' ')))[0]).toBe(413);
  expect(await api.store.trustVersions('pump')).toEqual(before);
});

test('a target that the content area does not have as it is signed is refused by name, unless it was there once', async () => {
  await using api = await withProduct();
  const { developer } = api;
  await api.put('root', developer.root(1, await api.online(), api.now()));
  const missing = await api.put('targets', developer.targets(1, api.now(), [targetFor(app, 'bytes')]));
  expect(api.refusal(missing)).toEqual([400, 'BAD_METADATA']);
  expect(missing.json.error.message).toContain(app);
  await api.upload(app, 'bytEs');
  const other = await api.put('targets', developer.targets(1, api.now(), [targetFor(app, 'bytes')]));
  expect(other.json.error.message).toMatch(/sha256 [0-9a-f]{64}, but the content area has 5 bytes/);
  await api.upload(app, 'bytes');
  await api.put('targets', developer.targets(1, api.now(), [targetFor(app, 'bytes')]));
  await api.call('DELETE', `${content}/${app}`);
  const next = await api.put('targets', developer.targets(2, api.now(), [targetFor(app, 'bytes')]));
  expect(next.status).toBe(201);
});

test('a root is refused that does not name the keys of the platform alone, or follows on no other', async () => {
  await using api = await withProduct();
  const { developer } = api;
  const online = await api.online();
  const key = newKey().tuf;
  const strange = { snapshot: { key }, timestamp: { key: newKey().tuf } };
  for (const bad of [
    developer.root(1, strange, api.now()),
    developer.root(1, { ...online, snapshot: { key } }, api.now()),
    developer.root(1, online, api.now() - 2 * day, { expires: api.now() - day }),
    Buffer.from('{"signed": {}}'),
  ]) {
    expect(api.refusal(await api.put('root', bad))).toEqual([400, 'BAD_METADATA']);
  }
  expect(api.refusal(await api.put('root', developer.root(2, online, api.now())))).toEqual([409, 'STALE']);
  expect((await api.put('root', developer.root(1, online, api.now()))).status).toBe(201);
  expect(api.refusal(await api.put('root', developer.root(1, online, api.now())))).toEqual([409, 'STALE']);
  const stranger = new Developer().root(2, online, api.now());
  expect(api.refusal(await api.put('root', stranger))).toEqual([400, 'BAD_METADATA']);
});

test('roots with other keys follow one another; targets of the former key wait for the new one', async () => {
  await using api = await withProduct();
  const { developer } = api;
  const online = await api.online();
  await api.put('root', developer.root(1, online, api.now()));
  await api.put('targets', developer.targets(1, api.now(), []));
  const [formerRoot, formerTargets] = [developer.rootKey, developer.targetsKey];
  developer.rootKey = newKey();
  developer.targetsKey = newKey();
  const unsigned = developer.root(2, online, api.now());
  expect(api.refusal(await api.put('root', unsigned))).toEqual([400, 'BAD_METADATA']);
  const next = developer.root(2, online, api.now(), { alsoBy: formerRoot });
  expect((await api.put('root', next)).json.root.version).toBe(2);
  await expect(verified(api)).rejects.toMatchObject({ code: 'SIGNATURE', role: 'targets' });
  expect((await api.put('targets', developer.targets(2, api.now(), []))).status).toBe(201);
  expect((await verified(api)).targets?.version).toBe(2);
  developer.targetsKey = formerTargets;
  const old = await api.put('targets', developer.targets(3, api.now(), []));
  expect(api.refusal(old)).toEqual([400, 'BAD_METADATA']);
});

test('new keys of the platform are in force with the root that names them, and no sooner', async () => {
  await using api = await withProduct();
  const { developer } = api;
  const former = await api.online();
  await api.put('root', developer.root(1, former, api.now()));
  await api.put('targets', developer.targets(1, api.now(), []));
  const renewed = await api.call('POST', `${trust}/online-keys`);
  expect(renewed.status).toBe(201);
  const online = await api.online();
  expect(renewed.json.online).toEqual(online);
  expect(online.timestamp.keyid).not.toBe(former.timestamp.keyid);
  await api.put('targets', developer.targets(2, api.now(), []));
  expect((await verified(api)).targets?.version).toBe(2);
  // A root that still names the former ones changes nothing about that.
  await api.put('root', developer.root(2, former, api.now()));
  expect(await api.online()).toEqual(online);
  expect((await api.put('root', developer.root(3, online, api.now()))).status).toBe(201);
  // The snapshot and the timestamp came anew with the root.
  const trusted = await verified(api);
  expect([trusted.targets?.version, trusted.root.version]).toEqual([2, 3]);
  expect(await api.online()).toEqual(online);
  expect(api.refusal(await api.put('root', developer.root(4, former, api.now())))).toEqual([
    400,
    'BAD_METADATA',
  ]);
});

test('of two developers who publish the same version at once, one is told to read and sign again', async () => {
  await using api = await withProduct();
  const { developer } = api;
  await api.put('root', developer.root(1, await api.online(), api.now()));
  const outcomes = await Promise.all(
    [1, 2, 3].map(() => api.put('targets', developer.targets(1, api.now(), []))),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  expect((await verified(api)).targets?.version).toBe(1);
});

test('the list of the content says that the product has a root, from when it has one', async () => {
  await using api = await withProduct();
  const { developer } = api;
  await api.upload(app, 'bytes');
  const list = async () => (await api.call('GET', '/api/v1/products/pump/content')).json;
  expect(await list()).toMatchObject({ has_root: false, content: [{ id: app, signed: false }] });
  await api.put('root', developer.root(1, await api.online(), api.now()));
  await api.put('targets', developer.targets(1, api.now(), [targetFor(app, 'bytes')]));
  expect(await list()).toMatchObject({ has_root: true, content: [{ id: app, signed: true }] });
});

test('a deployment says what gateways refuse since it is not signed, once the product has a root', async () => {
  await using api = await withProduct();
  const { developer } = api;
  await api.call('POST', '/api/v1/products/pump/devices', { sn: '1' });
  const install = [app, 'other.v1.tar.gz'];
  for (const id of install) await api.upload(id, 'bytes');
  const deploy = async () => {
    // One that comes in the second of the one before would wait for the next.
    await api.clock.advance(2000);
    const deployed = await api.call('POST', '/api/v1/products/pump/devices/1/deploy', { install });
    return deployed.json.unsigned;
  };
  expect(await deploy()).toBeUndefined();
  await api.put('root', developer.root(1, await api.online(), api.now()));
  expect(await deploy()).toEqual(install);
  await api.put('targets', developer.targets(1, api.now(), [targetFor(app, 'bytes')]));
  expect(await deploy()).toEqual(['other.v1.tar.gz']);
});
