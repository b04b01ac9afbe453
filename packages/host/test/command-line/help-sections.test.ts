import { Command } from 'commander';
import { array, assert, property, stringMatching, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { examplesOf, helpSections, parseSections } from '../../src/command-line/help-sections.ts';
import { dress, withExamples } from '../../src/command-line/index.ts';

it('texts after the help are read as titles with what is below them, and paragraphs', () => {
  const text = '\nExamples:\n  a b   does it\n  c\n\nA note,\nof two lines.\n\nExit codes:\n  0  done\n';
  expect(parseSections(text)).toEqual([
    { title: 'Examples', lines: ['  a b   does it', '  c'] },
    { title: undefined, lines: ['A note,', 'of two lines.'] },
    { title: 'Exit codes', lines: ['  0  done'] },
  ]);
  expect(parseSections('Example:\n  a\nA note')).toEqual([
    { title: 'Example', lines: ['  a'] },
    { title: undefined, lines: ['A note'] },
  ]);
});

it('a meaning may stand below its example', () => {
  expect(examplesOf(['  a b', '            does it', '  c  at   once'])).toEqual([
    ['a b', 'does it'],
    ['c', 'at   once'],
  ]);
});

it('examples that are added are read back', () => {
  const word = stringMatching(/^[a-z-]{1,8}( [a-z]{1,8}){0,3}$/);
  assert(
    property(array(tuple(word, word), { minLength: 1, maxLength: 5 }), (examples) => {
      const command = withExamples(new Command('x'), examples);
      dress(command, { write: () => undefined });
      const [section] = helpSections(command);
      expect(section?.title).toBe('Examples');
      expect(examplesOf(section?.lines ?? [])).toEqual(examples);
    }),
  );
});
