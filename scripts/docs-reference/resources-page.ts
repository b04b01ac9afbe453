import {
  type gatewayAliases,
  gatewayResources,
  productSpec,
} from '../../packages/device-api/src/gateway-resources.ts';
import { type Shape, shapeTable } from './shapes.ts';
import { table } from './table.ts';

type Alias = (typeof gatewayAliases)[keyof typeof gatewayAliases];

/** A new resource has to be explained here before anything compiles. */
const meanings: Readonly<Record<Alias, { readonly holds: string; readonly more: string }>> = {
  usage_report: {
    holds: 'JSON: bytes sent and received, by interface, program and method',
    more: '[Reports](reports.md)',
  },
  engine_report: {
    holds: 'JSON: installed applications with version, status, uptime, exit status',
    more: '[Reports](reports.md)',
  },
  device_info: {
    holds: 'JSON: operating system, disks, memory, addresses, clock',
    more: '[Reports](reports.md)',
  },
  engine_fetch: {
    holds: 'JSON: what to install and to remove; the gateway clears it when it starts to act',
    more: '[Over-the-air updates](over-the-air-updates.md)',
  },
  fetch_status: {
    holds: 'text: what came of the last instructions, with the output of `install.sh`',
    more: '[What fetch_status says](over-the-air-updates.md#what-fetch_status-says)',
  },
  update_interval: {
    holds: 'whole seconds between check-ins, from 1 to 2678400; the gateway clears it once taken',
    more: '[Configuration](configuration.md#engineconfig)',
  },
};

export function resourcesPage(shapes: ReadonlyMap<string, Shape>): string {
  const rows = gatewayResources.map(({ alias, format, settable }) => {
    const { holds, more } = meanings[alias as Alias];
    return [
      `\`${alias}\``,
      settable ? 'platform to gateway' : 'gateway to platform',
      `\`${format}\``,
      holds,
      more,
    ];
  });
  const shape = (name: string) => {
    const found = shapes.get(name);
    if (found === undefined) throw new Error(`there is no interface ${name} in reports.ts any more`);
    return `### ${name}\n\n${shapeTable(found)}\n`;
  };
  const settable = Object.fromEntries(
    gatewayResources.map((resource) => [
      resource.alias,
      { format: resource.format, settable: resource.settable },
    ]),
  );
  return `# Resources of a gateway

<!-- Made by scripts/docs-reference.ts from packages/device-api/src; change them there and run it again. -->

A gateway and the platform talk through these resources. \`gwe-platform product create\` adds them to every product; without one of
them the gateway goes on, and what it is for does not work. An application's own resources are the product's, and are named
when it is created: \`gwe-platform product create demo --resource temperature:float\`.

${table(['Alias', 'Direction', 'Format', 'Holds', 'More'], rows)}

Formats are \`string\`, \`integer\` and \`float\`. What is written from the platform's side is *settable*.

## For another platform

As the resource file of the original product tool, which release packages have as \`specs/gwe.spec\`:

\`\`\`yaml
${productSpec()}\`\`\`

The newer form of the same:

\`\`\`json
${JSON.stringify(settable, null, 2)}
\`\`\`

## engine_fetch

\`\`\`json
{ "install": [{ "name": "camera.v2.tar.gz" }], "remove": ["old-app"], "cancel": ["slow-app"] }
\`\`\`

| Key | Type | Meaning |
| --- | --- | --- |
| \`install\` | list of objects with \`name\` | names of tarballs in the content area of the product, in the order in which they are installed |
| \`remove\` | list of names | applications to remove; *own*, the original engine ignores it |
| \`cancel\` | list of names | applications whose installs that are under way are to be stopped; *own* |

Anything else in it is ignored; a text that cannot be followed is cleared, and \`fetch_status\` says what is wrong with it.

## device_info

${['DeviceInfo', 'DiskUse', 'MemoryUse', 'NetworkInterface', 'Temperature', 'ClockState'].map(shape).join('\n')}
## engine_report

${['EngineReport', 'AppReport', 'OtaTrust', 'BudgetWait'].map(shape).join('\n')}
## usage_report

Interface, then a program, then a method: \`{"eth0": {"top_consumer": "gmq", "gmq": {"write": {"tot_rx": 512, ...}}}}\`. Beside the
programs, \`period\` is the day that is counted, and \`kernel\` what the system counts on the interface since boot, for all programs.

${['MethodUsage', 'PeriodUsage', 'KernelCounters'].map(shape).join('\n')}`;
}
