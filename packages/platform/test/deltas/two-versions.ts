import { createHash } from 'node:crypto';
import { rawTar } from '@gateway-engine/testkit';

/** Two versions of a package that differ by one line in many: their tars. */
export function twoVersions(bytes: number): { old: Buffer; changed: Buffer } {
  const text = linesOf(bytes);
  const at = text.indexOf('\n', text.length / 2) + 1;
  const tar = (content: string) =>
    rawTar([
      { path: 'install.sh', mode: 0o755, content: '#!/bin/sh\n' },
      { path: 'app.txt', content },
    ]);
  return { old: tar(text), changed: tar(`${text.slice(0, at)}one more\n${text.slice(at)}`) };
}

/** Text that gzip makes little of, always the same. */
function linesOf(bytes: number): string {
  const lines: string[] = [];
  for (let sum = 0, at = 0; sum < bytes; at++) {
    const line = createHash('sha512').update(String(at)).digest('base64');
    lines.push(line);
    sum += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}
