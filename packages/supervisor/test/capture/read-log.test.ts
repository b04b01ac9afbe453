import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLog, tailLog } from '../../src/capture/read-log.ts';

test('parts of a log are those that Supervisor gives', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log');
  writeFileSync(path, 'first line\nsecond line\n');
  const asked = fc.sample(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -5, max: 40 })), 400);
  const script = `import json,sys
from supervisor.options import readFile, tailFile
def read(offset, length):
  try: return readFile(sys.argv[1], offset, length).decode()
  except ValueError: return None
json.dump([[read(*x), tailFile(sys.argv[1], *x)] for x in json.load(sys.stdin)], sys.stdout)`;
  const theirs = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', script, path], {
      input: JSON.stringify(asked),
      encoding: 'utf8',
    }),
  ) as unknown[];
  const ours = asked.map(([offset, length]) => [
    readLog(path, offset, length) ?? null,
    tailLog(path, offset, length),
  ]);
  expect(ours).toEqual(theirs);
});

test('bytes that are no UTF-8, and a character cut in two, are replaced', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log');
  writeFileSync(path, Buffer.concat([Buffer.from('é'), Buffer.from([0xff]), Buffer.from('x')]));
  expect(readLog(path, 1, 0)).toBe('\ufffd\ufffdx');
});
