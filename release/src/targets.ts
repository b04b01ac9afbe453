/** What an executable can be made for. */
export interface Target {
  /** Bun's npm package of that target, below @oven/. */
  readonly bun: string;
  /** As Debian calls the processor; only for those with Debian's C library. */
  readonly debian?: string;
}

export const targets = {
  'linux-x64': { bun: 'bun-linux-x64', debian: 'amd64' },
  'linux-arm64': { bun: 'bun-linux-aarch64', debian: 'arm64' },
  'linux-x64-musl': { bun: 'bun-linux-x64-musl' },
  'linux-arm64-musl': { bun: 'bun-linux-aarch64-musl' },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

/** The target that this machine runs. */
export function ownTarget(): TargetName {
  const name = `linux-${process.arch}`;
  if (name in targets) return name as TargetName;
  throw new Error(`there is no release for ${process.arch}; targets are ${Object.keys(targets).join(', ')}`);
}
