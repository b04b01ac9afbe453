import { completionSummary } from '@gateway-engine/host/command-line';
import type { CommandWord } from './command-word.ts';

/** The commands that are words, each loaded by itself: hosted programs call `gwe` often, and it should be quick. */
export const commands: Readonly<Record<string, CommandWord>> = {
  bundle: {
    summary: 'put published applications and their signatures into one file, for a gateway without a network',
    load: async () => (await import('./bundle.ts')).bundleCommand,
  },
  completion: {
    summary: completionSummary,
    load: async () => (await import('./completion.ts')).completion(commands),
  },
  config: {
    summary: 'configuration values and secrets of an application',
    load: async () => (await import('./config.ts')).configCommand,
  },
  doctor: {
    summary: 'check the gateway and say what to do about what is wrong',
    load: async () => (await import('../doctor/doctor-command.ts')).doctorCommand,
  },
  enroll: {
    summary: 'make this machine a gateway of a product: home, configuration and CIK in one step',
    load: async () => (await import('../enroll/enroll-command.ts')).enrollCommand,
  },
  history: {
    summary: 'what was installed, when, and what came of it',
    load: async () => (await import('./history.ts')).historyCommand,
  },
  install: {
    summary: 'install what is in a bundle',
    load: async () => (await import('./install-bundle.ts')).installCommand,
  },
  keys: {
    summary: 'signing keys of your products',
    load: async () => (await import('./keys.ts')).keysCommand,
  },
  new: {
    summary: 'make a folder with a new application, to start from',
    load: async () => (await import('../developer/new-app/new-command.ts')).newCommand,
  },
  logs: {
    summary: 'logs of applications, and of gwe, gmq and supervisord',
    load: async () => (await import('../logs/logs-command.ts')).logsCommand,
  },
  publish: {
    summary: 'check, upload and sign applications',
    load: async () => (await import('./publish.ts')).publishCommand,
  },
  remove: {
    summary: 'remove an application from this gateway',
    load: async () => (await import('./remove.ts')).removeCommand,
  },
  rollback: {
    summary: 'bring back the version of an application before this one',
    load: async () => (await import('./rollback.ts')).rollbackCommand,
  },
  'set-up': {
    summary: 'put the engine of a release package into the home',
    load: async () => (await import('./set-up.ts')).setUpCommand,
  },
  sign: {
    summary: 'sign files that people download, such as release packages',
    load: async () => (await import('./sign.ts')).signCommand,
  },
  status: {
    summary: 'use of the network, byte budget, what is installed and what waits',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  top: {
    summary: 'what runs on this gateway, and what it costs',
    load: async () => (await import('../top/top-command.ts')).topCommand,
  },
  verify: {
    summary: 'verify files that were signed by gwe sign',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
};
