import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files of the pages by their path, in base64: what an executable has within itself. */
export type BuiltInPages = Readonly<Record<string, string>>;

/** Lays them out in a folder, which then has nothing else. */
export async function layOutPages(pages: BuiltInPages, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, content] of Object.entries(pages)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, 'base64');
  }
}
