import { createLogger, type LogLevel, logLevels, UsageError } from '@gateway-engine/host';
import { withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import type { BuiltInPages } from './built-in-pages.ts';
import { parseListenAddress } from './listen-address.ts';

interface ServeFlags {
  readonly data: string;
  readonly listen: string;
  readonly pages?: string;
  readonly metricsListen?: string;
  readonly debugLevel: string;
  readonly json?: true;
}

/** `gwe-platform serve`: runs until it is told to stop. `builtInPages` are shown when no other ones are given. */
export function addServeCommand(program: Command, builtInPages?: BuiltInPages): void {
  const command = program
    .command('serve')
    .description('run the platform: device API, admin API and pages on one port')
    .requiredOption('--data <dir>', 'directory where everything is kept; made when missing')
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', '127.0.0.1:8080')
    .option('--pages <dir>', 'directory of the built pages; an executable has them within itself')
    .option('--metrics-listen <host:port>', 'further address for GET /metrics alone, without a token')
    .option('--debug-level <level>', Object.keys(logLevels).join(', '), 'INFO')
    .option('--json', 'print the address as JSON, once it listens')
    .action(async (flags: ServeFlags) => {
      const logger = createLogger({ name: 'gwe-platform', level: logLevel(flags.debugLevel) });
      const stopping = stopSignal();
      // Only here: the operator's commands start in half the time without the server.
      const { serve } = await import('./serve.ts');
      const { otlpOfEnvironment } = await import('./metrics/publish.ts');
      const platform = await serve({
        dataDirectory: flags.data,
        listen: parseListenAddress(flags.listen),
        pagesDirectory: flags.pages,
        builtInPages,
        metrics: {
          listen: flags.metricsListen === undefined ? undefined : parseListenAddress(flags.metricsListen),
          otlp: otlpOfEnvironment(process.env, logger),
        },
        logger,
      });
      const { url } = platform;
      process.stdout.write(
        flags.json ? `${JSON.stringify({ url })}\n` : `gwe-platform listening on ${url}\n`,
      );
      logger.info(`stopping on ${await stopping}`);
      await platform.stop();
    });
  withExamples(command, [
    ['gwe-platform serve --data ./platform', 'on 127.0.0.1:8080'],
    ['gwe-platform serve --data /var/lib/gwe-platform --listen 0.0.0.0:8080', 'for a network'],
  ]);
}

/** The first SIGTERM or SIGINT. A second one ends the process as it would without us. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

function logLevel(name: string): LogLevel {
  if (Object.hasOwn(logLevels, name)) return name as LogLevel;
  throw new UsageError(`"${name}" is no level of logging: give one of ${Object.keys(logLevels).join(', ')}`);
}
