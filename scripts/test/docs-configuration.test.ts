import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';
import { repository } from '../docs-links.ts';
import { definedOptions, differences, documentedOptions } from '../docs-reference/configuration-tables.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');

test('docs/configuration.md has every option of Gateway.cfg, Engine.config, gmq.cfg and logging.cfg with its default, and no other', () => {
  const documented = documentedOptions(read('docs/configuration.md'));
  expect(documented.size).toBeGreaterThan(30);
  expect(differences(definedOptions(), documented)).toEqual([]);
});

test('the Engine.config that is made has every option that the engine reads', () => {
  const asked = globSync('packages/gateway-engine/src/configuration/*.ts', { cwd: repository }).flatMap(
    (path) => {
      const names: string[] = [];
      new Visitor({
        CallExpression: ({ callee, arguments: given }) => {
          if (callee.type !== 'Identifier' || !['engine', 'optional', 'read'].includes(callee.name)) return;
          const texts = given.flatMap((one) =>
            one.type === 'Literal' && typeof one.value === 'string' ? [one.value] : [],
          );
          // The helpers themselves hand on a name that is no literal.
          if (texts.length === (callee.name === 'optional' ? 2 : 1)) names.push(...texts.slice(-1));
        },
      }).visit(parseSync(path, read(path)).program);
      return names;
    },
  );
  expect(asked.length).toBeGreaterThan(10);
  const known = [...definedOptions().keys()].map((option) => option.split(' ').at(-1));
  expect(asked.filter((name) => !known.includes(name))).toEqual([]);
});

test('an option that is missing, one that there is not, and another default are told', () => {
  const page =
    '## a.cfg\n\n| option of `[x]` | default | meaning |\n| --- | --- | --- |\n| `one`, `two` | `1` | |\n| `no` | | |\n';
  const defined = new Map([
    ['a.cfg [x] one', '1'],
    ['a.cfg [x] two', '2'],
    ['a.cfg [x] three', ''],
  ]);
  expect(differences(defined, documentedOptions(page))).toEqual([
    'a.cfg [x] three is not in the page',
    'there is no a.cfg [x] no',
    'the default of a.cfg [x] two is 2, not `1`',
  ]);
});
