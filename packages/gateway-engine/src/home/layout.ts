import { join } from 'node:path';

/** Where each thing is in a gateway's home. */
export interface HomeLayout {
  readonly root: string;
  readonly bin: string;
  /** The versions of the engine itself, where it can replace itself; see EngineSlots. */
  readonly engine: string;
  readonly etc: string;
  readonly gatewayCfg: string;
  readonly engineConfig: string;
  readonly gmqCfg: string;
  readonly supervisordConf: string;
  /** Where the supervisor includes the hosted applications' programs from. */
  readonly programs: string;
  /** `apps/<name>/<version>/`, unpacked packages. */
  readonly apps: string;
  /** Packages on their way to `apps`, on the same file system. No application's name starts with a dot. */
  readonly staging: string;
  /** `apps/.current/<name>`, links to the version that runs, of applications of the versioned layout. */
  readonly current: string;
  /** `data/<name>/`, what an application keeps over its updates. */
  readonly data: string;
  /** `etc/apps/<name>.json`, configuration values that the operator has set, and `etc/apps/<name>/`, as they are delivered. */
  readonly appConfig: string;
  readonly cache: string;
  /** `NAME.vVERSION.tar.gz` of the installed version and of the one before. */
  readonly packages: string;
  readonly state: string;
  readonly database: string;
  /** Signed metadata of the product. */
  readonly tuf: string;
  /** What all programs have used of the network. */
  readonly accounts: string;
  /** Space that is given up when the disk is full. */
  readonly reserve: string;
  /** Bundles that are being installed, unpacked. */
  readonly bundles: string;
  readonly run: string;
  readonly supervisorSocket: string;
  readonly supervisorPid: string;
  readonly log: string;
}

export function homeLayout(root: string): HomeLayout {
  const within = (...parts: string[]) => join(root, ...parts);
  return {
    root,
    bin: within('bin'),
    engine: within('engine'),
    etc: within('etc'),
    gatewayCfg: within('etc', 'Gateway.cfg'),
    engineConfig: within('etc', 'Engine.config'),
    gmqCfg: within('etc', 'gmq.cfg'),
    supervisordConf: within('etc', 'supervisord.conf'),
    programs: within('etc', 'supervisor', 'conf.d'),
    apps: within('apps'),
    staging: within('apps', '.staging'),
    current: within('apps', '.current'),
    data: within('data'),
    appConfig: within('etc', 'apps'),
    cache: within('cache'),
    packages: within('cache', 'packages'),
    state: within('var'),
    database: within('var', 'gwe.db'),
    tuf: within('var', 'tuf'),
    accounts: within('var', 'ifaces.db'),
    reserve: within('var', 'reserve'),
    bundles: within('var', 'bundles'),
    run: within('run'),
    supervisorSocket: within('run', 'supervisor.sock'),
    supervisorPid: within('run', 'supervisord.pid'),
    log: within('log'),
  };
}
