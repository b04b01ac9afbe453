import manifest from '../package.json' with { type: 'json' };

export const ownVersion: string = manifest.version;

/** Tells clients whose behaviour they may expect, and that it is not the original (a local version by PEP 440). */
export const supervisorVersion = `4.2.5+gwe.${ownVersion}`;
