import type { BuiltPackage } from './build-packages.ts';

export interface MeasuredPackage
  extends Pick<BuiltPackage, 'name' | 'engines' | 'packedBytes' | 'unpackedBytes' | 'files'> {
  /** With all that it depends on. */
  readonly installed: { readonly packages: number; readonly bytes: number };
}

/** Between these lines of a page stands what the script writes. */
const marks = { begin: '<!-- sizes: kept by npm run npm-packages -->', end: '<!-- end of sizes -->' };

export function sizeTable(packages: readonly MeasuredPackage[]): string {
  return [
    '| package | Node.js | files | packed | unpacked | installed with all it needs |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...packages.map(({ name, engines, files, packedBytes, unpackedBytes, installed }) => {
      const whole = `${kilobytes(installed.bytes)} in ${installed.packages} packages`;
      const sizes = [
        kilobytes(packedBytes),
        kilobytes(unpackedBytes),
        whole.replace(/\b1 packages/, '1 package'),
      ];
      return `| \`${name}\` | ${engines.node} | ${files} | ${sizes.join(' | ')} |`;
    }),
  ].join('\n');
}

/** The page with this table in the place of its former one. Throws when it has no place for it. */
export function withTable(page: string, table: string): string {
  const [before, rest] = page.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`the page has no lines "${marks.begin}" and "${marks.end}" for the table of sizes`);
  }
  return `${before}${marks.begin}\n\n${table}\n\n${marks.end}${after}`;
}

function kilobytes(bytes: number): string {
  return bytes < 999_500 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
