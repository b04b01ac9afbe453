import { UsageError } from '@gateway-engine/host';
import type { HomeLayout } from './layout.ts';

// sockaddr_un holds 108 bytes, the final NUL included.
const longestSocketPath = 107;

/**
 * The supervisor's configuration for a gateway: the engine and the queue as programs, hosted applications included from
 * their directory, and the environment that all of them get. Throws UsageError for a home that cannot be written there.
 */
export function supervisordConf(layout: HomeLayout, gmqUrl: string): string {
  // Quotes end a quoted word, and a blank before ; or # begins a comment.
  if (/["\\$`}\p{Cc}]| [;#]/u.test(layout.root)) {
    throw new UsageError(
      `the home ${JSON.stringify(layout.root)} has double quotes, $, control characters, or a comment sign after a blank; choose another folder`,
    );
  }
  if (Buffer.byteLength(layout.supervisorSocket) > longestSocketPath) {
    throw new UsageError(
      `the home ${layout.root} is too long: the socket ${layout.supervisorSocket} may have ${longestSocketPath} bytes at most`,
    );
  }
  const home = layout.root.replaceAll('%', '%%');
  // Whatever keeps these two from starting, a full disk say, may pass, and nobody is there to start them by hand. The
  // supervisor waits a second more after each failure, so that so many retries are for ever and not a busy loop.
  const program = (name: string, priority: number) => `[program:${name}]
command = "${home}/bin/${name}"
priority = ${priority}
autorestart = true
startretries = 1000000
redirect_stderr = true
stdout_logfile = ${home}/log/${name}.log
stdout_logfile_maxbytes = 1MB
stdout_logfile_backups = 3
`;
  return `; Made by gwe and written anew with every upgrade. Own programs go into ${layout.programs}.

[unix_http_server]
file = ${home}/run/supervisor.sock
chmod = 0700

[supervisord]
logfile = ${home}/log/supervisord.log
logfile_maxbytes = 1MB
logfile_backups = 3
pidfile = ${home}/run/supervisord.pid
childlogdir = ${home}/log
environment = GWE_HOME="${home}",GMQ_URL="${gmqUrl}",GWE_TRAFFIC_DB="${home}/var/ifaces.db",PATH="${home}/bin:%(ENV_PATH)s"

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://${home}/run/supervisor.sock

${program('gmq', 100)}
${program('gwe', 200)}
[include]
files = supervisor/conf.d/*.conf
`;
}
