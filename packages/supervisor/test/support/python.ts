import { execFileSync } from 'node:child_process';

/** What Python makes of the same inputs: the original's own functions are the oracle. `script` defines f(x). */
export function python(script: string, inputs: readonly unknown[]): unknown[] {
  const output = execFileSync(
    '/usr/bin/python3',
    ['-c', `import json,sys\n${script}\njson.dump([f(x) for x in json.load(sys.stdin)], sys.stdout)`],
    { input: JSON.stringify(inputs), encoding: 'utf8' },
  );
  return JSON.parse(output) as unknown[];
}
