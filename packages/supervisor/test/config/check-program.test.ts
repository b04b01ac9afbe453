import { describe, expect, it } from 'vitest';
import { ConfigError, checkProgramConfig } from '../../src/index.ts';

const where = { file: 'app.conf', directory: '/srv/conf.d', environment: { SITE: 'north' } };
const check = (...options: string[]) =>
  checkProgramConfig(['[program:app]', 'command = /bin/true', ...options].join('\n'), where);

describe('the check of a program before it is configured', () => {
  it('takes what the supervisor takes, expansions of its environment and of the place included', () => {
    check(
      'environment = A="%(ENV_SITE)s"',
      'directory = %(here)s/x',
      'stdout_logfile = /tmp/%(program_name)s',
    );
  });

  it.each([
    ['user = nosuchuser', 'nosuchuser'],
    ['numprocs = abc', 'abc'],
    ['environment = A', 'KEY="value"'],
    ['stderr_logfile = /tmp/%Y', 'lone %'],
    ['autorestrat = true', 'autorestrat: unknown option'],
    ['environment = A=%(ENV_OTHER)s', 'no environment variable OTHER'],
    ['depends_on = app', 'goes round in a circle'],
    ['no option', 'line 3'],
  ])('refuses %s with the sentence of the supervisor', (line, sentence) => {
    expect(() => check(line)).toThrow(ConfigError);
    expect(() => check(line)).toThrow(sentence);
    expect(() => check(line)).toThrow('app.conf');
  });
});
