import type { Install } from './install.ts';
import { appOf } from './tarball-app.ts';

/** The application that an install or a removal is about; undefined when its name is none. */
export function subjectOf({ source, tarball }: Pick<Install, 'source' | 'tarball'>): string | undefined {
  return source === 'removal' ? tarball : appOf(tarball);
}
