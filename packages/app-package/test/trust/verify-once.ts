/** Verifies the metadata in the folder that is named, and signs and verifies some more: for a runtime beside Node.js. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKey, sealKey, TrustedMetadata } from '../../src/index.ts';
import { day, newSigners, publish, releaseOf, rootOf, start, updateAll } from './repository.ts';

const [folder = '', app = ''] = process.argv.slice(2);
const file = (name: string) => readFile(join(folder, name));
const trusted = new TrustedMetadata(await file('root.json'), { now: 0 });
updateAll(trusted, {
  timestamp: await file('timestamp.json'),
  snapshot: await file('snapshot.json'),
  targets: await file('targets.json'),
});
const signers = newSigners();
const own = new TrustedMetadata(rootOf(signers), { now: start });
updateAll(own, publish(signers, 1, [releaseOf(app, 'own')], start + day));
const [key] = signers.targets;
const sealed = key && (await sealKey(key, { product: 'demo', role: 'targets', created: start }, 'word', 16));
const opened = sealed === undefined ? undefined : await openKey(sealed, 'word');
process.stdout.write(
  JSON.stringify({
    theirs: trusted.target(app)?.sha256,
    own: own.target(app)?.sha256,
    sameKey: opened?.id === key?.id,
  }),
);
