/** What a gateway reports, in the shapes the documented dashboard reads. */

/** `device_info`: the first three are shown as preformatted text, the addresses in a heading. */
export interface DeviceInfo {
  readonly uname: string;
  readonly df: string;
  readonly free: string;
  readonly ipaddrs: readonly string[];
}

export interface AppReport {
  /** Version in the name of the installed tarball. */
  readonly version: string;
  /** The supervisor's word (`RUNNING`, `FATAL`, ...); empty for an application without a process. */
  readonly status: string;
  /** Seconds the process has been up; 0 when it is not. */
  readonly uptime: number;
  /** Of the last process that ended; null when none has. */
  readonly exitstatus: number | null;
}

/** `engine_report`: one object per application, its single key the application's name. */
export interface EngineReport {
  readonly engine?: { readonly version: string };
  readonly apps: readonly Readonly<Record<string, AppReport>>[];
}

export interface MethodUsage {
  readonly tot_rx: number;
  readonly max_rx: number;
  readonly tot_tx: number;
  readonly max_tx: number;
  /** Number of requests. */
  readonly num: number;
}

/** `usage_report`: interface, then a group, then a method or program, bytes received and sent. */
export type UsageReport = Readonly<
  Record<
    string,
    { readonly top_consumer: string } & Readonly<
      Record<string, string | Readonly<Record<string, MethodUsage>>>
    >
  >
>;
