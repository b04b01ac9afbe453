/** Writes docs/schemas/gwe.schema.json, the JSON Schema of `gwe.json`, from what a gateway itself reads it with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema } from '../packages/app-package/src/manifest/json-schema.ts';

export const schemaFile = join(import.meta.dirname, '..', 'docs', 'schemas', 'gwe.schema.json');

if (import.meta.main) writeFileSync(schemaFile, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
