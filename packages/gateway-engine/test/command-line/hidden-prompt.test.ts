import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';

const asking = fileURLToPath(new URL('../../src/command-line/secret-input.ts', import.meta.url));

it('a secret that is typed as soon as it is asked for is taken, and not shown', async () => {
  await using folder = await temporaryFolder();
  const program = `import { askHidden } from ${JSON.stringify(asking)};
    const [one, two] = [await askHidden('One: '), await askHidden('Two: ')];
    console.log(one === 'horse' && two === 'battery' ? 'taken' : 'not taken');`;
  // A terminal of its own, by the util-linux command that every Debian has.
  const terminal = spawn(
    'script',
    [
      '-qec',
      `"${process.execPath}" --input-type=module -e '${program.replaceAll("'", `'\\''`)}'`,
      '/dev/null',
    ],
    {
      cwd: folder.path,
    },
  );
  let shown = '';
  const answers = [
    { question: 'One: ', answer: 'horse' },
    { question: 'Two: ', answer: 'battery' },
  ];
  terminal.stdout.on('data', (chunk) => {
    shown += chunk;
    const next = answers[0];
    if (!next || !shown.endsWith(next.question)) return;
    answers.shift();
    terminal.stdin.write(`${next.answer}\r`);
  });
  const code = await new Promise((resolve, reject) => {
    terminal.on('error', reject);
    terminal.on('close', resolve);
  });
  expect(shown.replaceAll('\r', '')).toBe('One: \nTwo: \ntaken\n');
  expect(code).toBe(0);
});
