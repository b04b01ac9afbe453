import { describe, expect, it } from 'vitest';
import type { Install } from '../../src/ota/install.ts';
import { underWay } from '../../src/reports/under-way.ts';

const install = (changes: Partial<Install>): Install => ({
  id: 1,
  source: 'content',
  tarball: 'app.v2.tar.gz',
  path: null,
  state: 'queued',
  attempts: 0,
  createdAt: 0,
  changedAt: 0,
  facts: {},
  ...changes,
});
const waits = (why: 'window' | 'disk' | 'probation') => ({
  waits: { for: why, text: `${why}, in words with figures`, until: 7 },
});

describe('what is reported as under way', () => {
  it('is the version on probation, though it waits for the end of that, and nothing that moves by itself', () => {
    const facts = { name: 'app', version: '2', ...waits('probation') };
    expect([...underWay([install({ state: 'probation', facts })])]).toEqual([['app', { probation: '2' }]]);
  });

  it('is what an install or a removal waits for, of several the last, beside a probation', () => {
    const all = underWay([
      install({ state: 'probation', facts: { name: 'app', version: '2' } }),
      install({ tarball: 'app.v3.tar.gz', facts: waits('window') }),
      install({ tarball: 'app.v4.tar.gz', facts: waits('probation') }),
      install({ source: 'removal', tarball: 'other', facts: waits('disk') }),
    ]);
    expect([...all]).toEqual([
      ['app', { probation: '2', waiting: 'probation' }],
      ['other', { waiting: 'disk' }],
    ]);
  });

  it('is nothing of what goes on, and of what has no name of an application', () => {
    const going = install({ state: 'installing', facts: { name: 'app', version: '2' } });
    expect(underWay([going, install({ tarball: 'notes.txt', facts: waits('disk') })]).size).toBe(0);
  });
});
