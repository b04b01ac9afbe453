import { expect, test } from 'vitest';
import { bootId, runToEnd } from '../src/index.ts';

test('the boot id is the same for all processes as long as the machine runs', async () => {
  expect(bootId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const source = `import { bootId } from '${import.meta.resolve('../src/boot-id.ts')}'; process.stdout.write(bootId());`;
  const other = await runToEnd(process.execPath, ['--input-type=module', '-e', source]);
  expect(other.output).toBe(bootId());
});
