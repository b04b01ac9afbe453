import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manifestJsonSchema } from '../../packages/app-package/src/manifest/json-schema.ts';
import { parseManifest } from '../../packages/app-package/src/manifest/manifest.ts';
import { schemaFile } from '../gwe-schema.ts';

test('docs/schemas/gwe.schema.json is what a gateway reads gwe.json with (else run scripts/gwe-schema.ts and npm run format)', () => {
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(manifestJsonSchema());
});

test('the gwe.json in the documentation is a good one', () => {
  const page = readFileSync(new URL('../../docs/custom-gateway-applications.md', import.meta.url), 'utf8');
  const example = /```json\n(\{\n {2}"layout".*?)```/s.exec(page)?.[1] ?? '';
  expect(parseManifest(example)).toMatchObject({
    layout: 'versioned',
    config: { API_KEY: { secret: true } },
  });
});
