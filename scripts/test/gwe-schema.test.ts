import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manifestJsonSchema } from '../../packages/app-package/src/manifest/json-schema.ts';
import { schemaFile } from '../gwe-schema.ts';

test('docs/schemas/gwe.schema.json is what a gateway reads gwe.json with (else run scripts/gwe-schema.ts and npm run format)', () => {
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(manifestJsonSchema());
});
