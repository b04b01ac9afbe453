import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;

/** What the engine calls itself to servers unless configured otherwise. */
export const defaultUserAgent = `GatewayEngine-v${version}`;
