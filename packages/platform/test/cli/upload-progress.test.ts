import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { showProgress } from '../../src/cli/upload-progress.ts';

function screen(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 30 });
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

test('on a terminal a bar moves with the bytes and goes away at the end', async () => {
  const { stream, text } = screen(true);
  const progress = showProgress('app.v1.tar.gz', 4 * 1024 * 1024, stream);
  progress.add(1024 * 1024);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(text()).toMatch(/app\.v1\.tar\.gz .*25 % of 4\.0 MiB/);
  progress.stop();
  await new Promise((resolve) => setImmediate(resolve));
  // Back to the first column, and the line cleared.
  expect(text().endsWith('\u001b[1G\u001b[2K')).toBe(true);
});

test('into a pipe or a file nothing is written', () => {
  const { stream, text } = screen(false);
  const progress = showProgress('app.v1.tar.gz', 1000, stream);
  progress.add(1000);
  progress.stop();
  expect(text()).toBe('');
});
