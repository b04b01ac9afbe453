import { parseIni } from '@gateway-engine/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSupervisorConf, rewriteSupervisorConf, SupervisorConfError } from '../src/index.ts';

describe('supervisor.conf', () => {
  it('becomes the program entry of the documented example', () => {
    const text = '[supervisord]\ncommand = python -u /usr/local/bin/report.py\n';
    expect(rewriteSupervisorConf(text, { name: 'coffee_reporter' })).toBe(`[program:coffee_reporter]
command = python -u /usr/local/bin/report.py
redirect_stderr = true
stdout_logfile_maxbytes = 200KB
stdout_logfile_backups = 1
stdout_logfile = /var/log/coffee_reporter.log
`);
  });

  it('gets every documented default when it is empty', () => {
    expect(rewriteSupervisorConf('[supervisord]', { name: 'a', logDirectory: '/srv/100%/log' })).toBe(
      `[program:a]
command = command
redirect_stderr = true
stdout_logfile_maxbytes = 200KB
stdout_logfile_backups = 1
stdout_logfile = /srv/100%%/log/a.log
`,
    );
  });

  it('keeps options that are given, values with $, % and =, missing blanks, and the last of two', () => {
    const text = `; a comment
[supervisord]
command=sh -c 'echo $X %(ENV_GWE_HOME)s a=b'
environment=A="1"
stdout_logfile_backups = 9
environment=B="2",
  C="3"
user = nobody
`;
    expect(rewriteSupervisorConf(text, { name: 'a' })).toBe(`[program:a]
command = sh -c 'echo $X %(ENV_GWE_HOME)s a=b'
stdout_logfile_backups = 9
environment = B="2",
	C="3"
user = nobody
redirect_stderr = true
stdout_logfile_maxbytes = 200KB
stdout_logfile = /var/log/a.log
`);
  });

  it.each([
    '',
    'command = x',
    '[program:x]\ncommand = y',
    '[supervisord\ncommand = y',
    '[supervisord]\n[other]\n',
  ])('%j is refused with its own error', (text) => {
    expect(() => rewriteSupervisorConf(text, { name: 'a' })).toThrow(SupervisorConfError);
  });

  it('never loses or changes a given option', () => {
    const options = fc.dictionary(
      fc.stringMatching(/^[a-z_]{1,12}$/),
      fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/),
      { maxKeys: 6 },
    );
    fc.assert(
      fc.property(options, (given) => {
        const text = `[supervisord]\n${Object.entries(given)
          .map(([option, value]) => `${option}=${value}\n`)
          .join('')}`;
        const rewritten = parseIni(rewriteSupervisorConf(text, { name: 'app' }), { file: 'app.conf' });
        expect([...rewritten.keys()]).toEqual(['program:app']);
        for (const [option, value] of parseSupervisorConf(text)) {
          expect(rewritten.get('program:app')?.get(option)?.value).toBe(value);
        }
      }),
    );
  });
});
