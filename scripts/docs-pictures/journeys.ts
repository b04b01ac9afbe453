import type { Sequence } from './sequence.ts';

export const datapoint: Sequence = {
  title: 'The journey of a datapoint',
  description:
    'A point is written to disk before it is acknowledged, and deleted only when the platform has it.',
  parts: [
    ['application', 'on the gateway'],
    ['gmq', 'the queue'],
    ['SQLite', 'var/gmq.db'],
    ['platform', 'gwe-platform'],
    ['page', 'in the browser'],
  ],
  steps: [
    {
      from: 'application',
      to: 'gmq',
      says: 'POST /onep:v1/stack/alias',
      why: 'the same request as to the platform',
    },
    { from: 'gmq', to: 'SQLite', says: 'one commit, fsynced', why: 'for all requests in flight' },
    { from: 'gmq', to: 'application', says: '204: it will not be lost' },
    {
      from: 'gmq',
      to: 'platform',
      says: 'the oldest points of each identity, in one batch',
      why: 'again until it is answered; the time is that of step 1',
    },
    { from: 'platform', says: 'stores it', why: 'once for a time' },
    { from: 'platform', to: 'gmq', says: '204' },
    { from: 'gmq', to: 'SQLite', says: 'deletes the batch' },
    { from: 'platform', to: 'page', says: 'the chart shows it' },
  ],
};

export const update: Sequence = {
  title: 'The journey of an update',
  description:
    'An update is signed, verified on the gateway, installed by a journal of states, and kept only when it proves itself.',
  parts: [
    ['developer', 'gwe, gwe-platform'],
    ['platform', 'gwe-platform'],
    ['gwe', 'the engine'],
    ['supervisor', 'of the gateway'],
  ],
  steps: [
    { from: 'developer', says: 'gwe --build-app', why: 'a tarball with install.sh' },
    { from: 'developer', to: 'platform', says: 'gwe publish', why: "signed with the developer's key" },
    { from: 'developer', to: 'platform', says: 'gwe-platform deploy', why: 'writes engine_fetch' },
    { from: 'platform', to: 'gwe', says: 'answers the long poll' },
    { from: 'gwe', says: 'looks whether it may and can', why: 'disk, dependencies, hours, byte budget' },
    { from: 'gwe', to: 'platform', says: 'downloads it', why: 'resumed, or as a delta' },
    {
      from: 'gwe',
      says: 'verifies the signatures, unpacks',
      why: 'each state is in the journal before it begins',
    },
    { from: 'gwe', to: 'supervisor', says: 'stop, install.sh, start' },
    {
      from: 'supervisor',
      to: 'gwe',
      says: 'it runs, for its probation',
      why: 'else the version before is brought back',
    },
    {
      from: 'gwe',
      to: 'platform',
      says: 'fetch_status, engine_report',
      why: 'what came of it, whatever that is',
    },
  ],
};
