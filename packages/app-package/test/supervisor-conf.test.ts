import { spawnSync } from 'node:child_process';
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
          // The supervisor halves them again.
          expect(rewritten.get('program:app')?.get(option)?.value.replaceAll('%%', '%')).toBe(
            value.replaceAll('%%', '%'),
          );
        }
      }),
    );
  });

  it.each([
    ['date +%Y', 'date +%%Y'],
    ['date +%%Y', 'date +%%Y'],
    ['100%', '100%%'],
    ['%d %s %(x)', '%%d %%s %%(x)'],
    ['%(program_name)s %(process_num)02d %(ENV_HOME)s', '%(program_name)s %(process_num)02d %(ENV_HOME)s'],
    ['%%%', '%%%%'],
    ['%%(here)s', '%%(here)s'],
  ])('leaves expansions and doubles every other percent sign: %s', (given, written) => {
    expect(commandOf(given)).toBe(written);
  });

  it('gives what the operator % of Python, and so Supervisor, expands without an error', () => {
    const script =
      'import sys, json; print(json.dumps([v % {"a": "A", "n": 7} for v in json.load(sys.stdin)]))';
    const parts = fc.array(fc.constantFrom('%', '%%', '%(a)s', '%(n)03d', '%Y', '(a)', '$X'));
    const values = fc.sample(parts, 500).map((words) => `x${words.join('')}x`);
    const { stdout } = spawnSync('python3', ['-c', script], {
      input: JSON.stringify(values.map(commandOf)),
      encoding: 'utf8',
    });
    const expected = values.map((value) =>
      value.replace(/%%|%\(a\)s|%\(n\)03d/g, (found) =>
        found === '%%' ? '%' : found === '%(a)s' ? 'A' : '007',
      ),
    );
    expect(JSON.parse(stdout)).toEqual(expected);
  });
});

function commandOf(given: string): string | undefined {
  const written = rewriteSupervisorConf(`[supervisord]\ncommand = ${given}\n`, { name: 'a' });
  return parseIni(written, { file: 'a.conf' }).get('program:a')?.get('command')?.value;
}
