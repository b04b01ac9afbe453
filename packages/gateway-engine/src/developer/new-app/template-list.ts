export interface TemplateFacts {
  /** Folder of examples/ that it is made from; the application's name there is that of the folder. */
  readonly example: string;
  /** For the help. */
  readonly summary: string;
}

/** What `gwe new --template` knows. Change the examples, then run scripts/templates.ts. */
export const templateList = {
  shell: { example: 'gdc-load-demo', summary: 'a program in shell, which records values by gdc' },
  python: { example: 'python-processes-demo', summary: 'a program in Python, standard library only' },
  node: { example: 'node-network-demo', summary: 'a program in JavaScript, for gateways with Node.js' },
  c: { example: 'c-uptime-demo', summary: 'a program in C, built before packing or on the gateway' },
  'one-off': { example: 'log-tail-once', summary: 'runs once, and its output goes to the platform' },
  library: { example: 'queue-functions', summary: 'files that other applications use' },
  health: {
    example: 'disk-watch',
    summary: 'a program with health check, versioned layout, values to configure and a data folder',
  },
  modbus: { example: 'modbus-meter', summary: 'reads a Modbus TCP device; JavaScript with npm packages' },
  mqtt: {
    example: 'mqtt-bridge',
    summary: 'records what an MQTT broker is told; JavaScript with npm packages',
  },
} as const satisfies Record<string, TemplateFacts>;

export type TemplateName = keyof typeof templateList;

export const templateNames = Object.keys(templateList) as TemplateName[];
