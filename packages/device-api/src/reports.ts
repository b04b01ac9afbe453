/**
 * What a gateway reports, in the shapes the documented dashboard reads. What that dashboard does not know is optional
 * here, and placed where it does not look.
 */

/** `device_info`: the first three are shown as preformatted text, the addresses in a heading. Amounts are bytes. */
export interface DeviceInfo {
  readonly uname: string;
  readonly df: string;
  readonly free: string;
  readonly ipaddrs: readonly string[];
  /** Seconds since boot. */
  readonly uptime?: number;
  /** Of the last 1, 5 and 15 minutes. */
  readonly load?: readonly number[];
  readonly disks?: readonly DiskUse[];
  readonly memory?: MemoryUse;
  readonly interfaces?: readonly NetworkInterface[];
  readonly temperatures?: readonly Temperature[];
  /** Another one after each boot. */
  readonly boot_id?: string;
  readonly clock?: ClockState;
}

export interface DiskUse {
  readonly device: string;
  readonly mounted_on: string;
  readonly type: string;
  readonly size: number;
  readonly used: number;
  /** What programs without privileges may still write. */
  readonly available: number;
}

export interface MemoryUse {
  readonly total: number;
  readonly available: number;
  readonly swap_total: number;
  readonly swap_free: number;
}

export interface NetworkInterface {
  readonly name: string;
  readonly mac: string;
  readonly up: boolean;
  readonly addresses: readonly string[];
}

export interface Temperature {
  readonly sensor: string;
  readonly celsius: number;
}

export interface ClockState {
  /** Seconds since 1970, by the gateway's clock. */
  readonly time: number;
  /** `unset`: it shows a time before this software was made; `off`: more than a minute from the platform's. */
  readonly state: 'ok' | 'off' | 'unset' | 'unknown';
  /** Seconds that it is ahead of the platform's; null when that is not known. */
  readonly offset: number | null;
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
  /** How often the supervisor has started it by itself since it was started by order. */
  readonly restarts?: number;
  /** Bytes, of all its processes and their descendants. */
  readonly memory?: number;
  readonly processes?: number;
  /** Percent of one processor since the look before, descendants included. */
  readonly cpu?: number;
  /** Why it last failed; left out when it has not. */
  readonly last_error?: string;
  /** The version that is on probation: it runs, and `version` comes back if it fails. */
  readonly probation?: string;
  /** What an install or the removal of it waits for, in a word (`window`, `budget`, ...). */
  readonly waiting?: string;
}

/** `engine_report`: one object per application, its single key the application's name. */
export interface EngineReport {
  readonly engine?: {
    readonly version: string;
    /** What the byte budget holds back now; left out when nothing is. */
    readonly waits?: readonly BudgetWait[];
    /** Applications that this report had no room for. */
    readonly left_out?: number;
    readonly ota?: OtaTrust;
  };
  readonly apps: readonly Readonly<Record<string, AppReport>>[];
}

/** By what updates are judged. */
export interface OtaTrust {
  /** `unpinned`: there is no root of trust yet, and anything is installed. */
  readonly verify: 'required' | 'off' | 'unpinned';
  /** Of the pinned first root.json, hexadecimal. */
  readonly root_sha256?: string;
  /** Version of the latest targets that were trusted. */
  readonly targets?: number;
}

/** Traffic that waits, since its interface has used up what the byte budget gives to its class. */
export interface BudgetWait {
  readonly interface: string;
  readonly class: string;
  /** Seconds since 1970. */
  readonly until: number;
  readonly because: string;
}

export interface MethodUsage {
  readonly tot_rx: number;
  readonly max_rx: number;
  readonly tot_tx: number;
  readonly max_tx: number;
  /** Number of requests. */
  readonly num: number;
}

/** The period is a day of UTC; the same figures of its month stand beside them. */
export interface PeriodUsage extends MethodUsage {
  readonly month?: MethodUsage;
}

/** What the kernel counts on an interface since boot, for all programs. Two letters: the dashboard skips such keys. */
export interface KernelCounters {
  readonly rx: number;
  readonly tx: number;
}

/**
 * `usage_report`: interface, then a program, then a method, bytes received and sent. Texts at the second level have at
 * most 100 characters, and every method three or more: the dashboard walks both.
 */
export type UsageReport = Readonly<
  Record<
    string,
    { readonly top_consumer: string; readonly period?: string } & Readonly<
      Record<string, string | Readonly<Record<string, PeriodUsage>> | KernelCounters | undefined>
    >
  >
>;
