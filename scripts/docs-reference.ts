/** Writes the reference pages of docs/ that are made from the sources. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { adminApiPage, openApiDocument } from './docs-reference/admin-api-page.ts';
import { gatherRepository } from './docs-reference/error-codes.ts';
import { errorsPage } from './docs-reference/errors-page.ts';
import { modulesPage } from './docs-reference/modules-page.ts';
import { resourcesPage } from './docs-reference/resources-page.ts';
import { shapesOf } from './docs-reference/shapes.ts';

const root = dirname(import.meta.dirname);
const reports = 'packages/device-api/src/reports.ts';

/** Each page as it should be, by its name in docs/. */
export const referencePages: Readonly<Record<string, () => string | Promise<string>>> = {
  'errors.md': () => errorsPage(gatherRepository(root).codes),
  'resources.md': () => resourcesPage(shapesOf(reports, readFileSync(join(root, reports), 'utf8'))),
  'modules.md': () => modulesPage(root),
  'admin-api.md': async () => adminApiPage(await openApiDocument()),
};

export const referencePage = (name: string): string => join(root, 'docs', name);

if (import.meta.main) {
  for (const [name, make] of Object.entries(referencePages)) writeFileSync(referencePage(name), await make());
}
