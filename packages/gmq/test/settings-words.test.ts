import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');

test('gmq cfg tells with --json what it tells without, and needs no queue that runs', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'gmq.cfg');
  await writeFile(file, "[unq]\nbatch_qty = 7\nupload_window = ''\n");
  const gmq = async (...args: string[]) => {
    const env = { ...process.env, GWE_HOME: folder.path };
    const { output, exitCode } = await runToEnd(process.execPath, [main, '-c', file, ...args], {
      env,
      timeoutMs: 20_000,
    });
    expect(exitCode).toBe(0);
    return output;
  };
  const json = async (...args: string[]) => JSON.parse(await gmq(...args, '--json'));
  expect(await json('cfg')).toEqual({ file, sections: { unq: { batch_qty: '7', upload_window: '' } } });
  expect(await json('cfg', 'get')).toEqual({ sections: ['unq'] });
  expect(await json('cfg', 'get', 'unq')).toEqual({
    section: 'unq',
    options: ['batch_qty', 'upload_window'],
  });
  expect(await gmq('cfg', 'get', 'unq', 'batch_qty')).toBe('7\n');
  const asked = { section: 'unq', option: 'batch_qty' };
  expect(await json('cfg', 'get', 'unq', 'batch_qty')).toEqual({ ...asked, value: '7' });
  expect(await json('cfg', 'set', 'unq', 'batch_qty', '9')).toEqual({
    file,
    ...asked,
    value: '9',
    needs_restart: false,
  });
  expect(await gmq('cfg', 'get', 'unq', 'batch_qty')).toBe('9\n');
  expect(await json('--cfg-path')).toEqual({ path: file });
  expect(await gmq('log', 'set', '--help')).toContain('Examples:\n  gmq log set logger_upload level DEBUG');
}, 60_000);
