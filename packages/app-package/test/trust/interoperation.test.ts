import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { Metadata, MetadataKind, Signature } from '@tufjs/models';
import { Updater } from 'tuf-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256Of, TrustedMetadata } from '../../src/index.ts';
import {
  day,
  newSigners,
  type Published,
  publish,
  type RoleSigners,
  releaseOf,
  rootOf,
  start,
  updateAll,
} from './repository.ts';

const app = 'sine.v1.tar.gz';

/** Serves metadata at the names that a TUF client asks for, as the platform does. */
async function serve(files: ReadonlyMap<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = files.get((request.url ?? '').slice(1));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => new Promise<void>((closed) => void server.close(() => closed())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function filesOf(published: Published, version: number, roots: readonly Buffer[]): Map<string, Buffer> {
  return new Map([
    ...roots.map((root, index) => [`${index + 1}.root.json`, root] as const),
    ['timestamp.json', published.timestamp],
    [`${version}.snapshot.json`, published.snapshot],
    [`${version}.targets.json`, published.targets],
  ]);
}

async function otherClient(root: Buffer, metadataBaseUrl: string): Promise<Updater> {
  const { path: metadataDir, [Symbol.asyncDispose]: remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(metadataDir, 'root.json'), root);
  return new Updater({ metadataDir, metadataBaseUrl, config: { fetchRetry: 0 } });
}

describe('the metadata that is signed here', () => {
  // This client knows the machine's clock only.
  const now = Math.floor(Date.now() / 1000);
  const expires = now + 365 * day;
  const release = releaseOf(app, 'one');

  it('is accepted by tuf-js, whose target is the one that was signed', async () => {
    const signers = newSigners();
    const root = rootOf(signers, 1, { expires });
    const address = await serve(filesOf(publish(signers, 4, [release], now), 4, [root]));
    const client = await otherClient(root, address);
    await client.refresh();
    expect(await client.getTargetInfo(app)).toMatchObject({
      path: app,
      length: release.length,
      hashes: { sha256: release.sha256 },
      custom: release.custom,
    });
    expect(await client.getTargetInfo('other.v1.tar.gz')).toBeUndefined();
  });

  it('is accepted by tuf-js over roots in which every key changes', async () => {
    const generations: RoleSigners[] = [newSigners(), newSigners(), newSigners()];
    const roots = generations.map((signers, index) =>
      rootOf(signers, index + 1, { expires, signedBy: generations[index - 1]?.root ?? [] }),
    );
    const address = await serve(filesOf(publish(generations[2]!, 1, [release], now), 1, roots));
    const client = await otherClient(roots[0]!, address);
    expect(await client.getTargetInfo(app)).toMatchObject({ hashes: { sha256: release.sha256 } });
  });

  it('is refused by tuf-js when another key has signed it', async () => {
    const signers = newSigners();
    const root = rootOf(signers, 1, { expires });
    const forged = publish({ ...signers, targets: newSigners().targets }, 1, [release], now);
    const client = await otherClient(root, await serve(filesOf(forged, 1, [root])));
    await expect(client.refresh()).rejects.toThrow(/targets was signed by 0\/1 keys/);
  });
});

describe('metadata of another tool', () => {
  /** Signed again without what only we write. */
  function asOthersWrite(role: 'timestamp' | 'snapshot' | 'targets', bytes: Buffer, meta?: object): Buffer {
    const { signed_at: _ours, ...signed } = JSON.parse(bytes.toString()).signed;
    const data = { signatures: [], signed: { ...signed, ...(meta && { meta }) } };
    const metadata: Pick<Metadata<never>, 'sign' | 'toJSON'> = role === 'targets'
      ? Metadata.fromJSON(MetadataKind.Targets, data)
      : role === 'snapshot'
        ? Metadata.fromJSON(MetadataKind.Snapshot, data)
        : Metadata.fromJSON(MetadataKind.Timestamp, data);
    const [key] = signers[role];
    metadata.sign((text) => new Signature({ keyID: key!.id, sig: key!.sign(text) }));
    return Buffer.from(JSON.stringify(metadata.toJSON(), undefined, 1));
  }

  const signers = newSigners();
  const root = rootOf(signers);
  const at = start + day;
  const good = publish(signers, 1, [releaseOf(app, 'one')], at);
  const named = (file: string, bytes: Buffer) => ({
    [file]: { version: 1, length: bytes.length, hashes: { sha256: sha256Of(bytes) } },
  });
  const targets = asOthersWrite('targets', good.targets);
  const snapshot = asOthersWrite('snapshot', good.snapshot, named('targets.json', targets));

  it('is trusted, without a time that it would prove', () => {
    const timestamp = asOthersWrite('timestamp', good.timestamp, named('snapshot.json', snapshot));
    const trusted = new TrustedMetadata(root, { now: start });
    updateAll(trusted, { timestamp, snapshot, targets });
    expect(trusted.target(app)).toEqual(releaseOf(app, 'one'));
    expect(trusted.time).toBe(start);
  });

  it('is refused when it leaves out length or hash, which TUF permits', () => {
    const timestamp = asOthersWrite('timestamp', good.timestamp, { 'snapshot.json': { version: 1 } });
    const trusted = new TrustedMetadata(root, { now: start });
    expect(() => trusted.updateTimestamp(timestamp)).toThrow(/with version, length and sha256/);
  });
});
