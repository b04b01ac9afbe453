import { systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { type Example, withExamples } from '@gateway-engine/host/command-line';
import type { Command } from 'commander';
import { Device, DeviceDetail, DeviceList, History, ResourceValue, Value } from '../admin/schemas.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { fields, shortened, showAge, showTime, table } from './output.ts';

export function addDeviceCommands(program: Command): void {
  const device = program.command('device').description('devices: the gateways of a product');
  withExamples(device, [
    ['gwe-platform device add pump gw-7'],
    ['gwe-platform device list pump'],
    ['gwe-platform device read pump gw-7 fetch_status', 'what came of an update'],
  ]);
  const command = (
    name: keyof typeof examples,
    description: string,
    ...args: (readonly [string, string])[]
  ) => {
    const added = device.command(name).description(description);
    for (const [argument, meaning] of args) added.argument(argument, meaning);
    withExamples(added, examples[name]);
    return withConnection(added);
  };
  const product = ['<product>', 'id of the product'] as const;
  const sn = ['<sn>', 'serial number of the device'] as const;
  const alias = ['<alias>', 'alias of the resource'] as const;

  command('add', 'add a device, which may then activate itself within 24 hours', product, sn).action(
    async (productId: string, serial: string, options: ConnectionOptions) => {
      const { client, output } = connect(options);
      const added = await client.post(Device, ['products', productId, 'devices'], { sn: serial });
      output.show(added, [
        `added device ${added.sn} to product ${added.product}; it may activate within 24 hours`,
      ]);
    },
  );

  command(
    'enable',
    'let a device activate itself again; its present key is dead at once',
    product,
    sn,
  ).action(async (productId: string, serial: string, options: ConnectionOptions) => {
    const { client, output } = connect(options);
    const enabled = await client.post(Device, ['products', productId, 'devices', serial, 'enable'], {});
    output.show(enabled, [`device ${enabled.sn} may activate within 24 hours; its former key is dead`]);
  });

  command('list', 'list the devices of a product', product).action(
    async (productId: string, options: ConnectionOptions) => {
      const { client, output } = connect(options);
      const list = await client.get(DeviceList, ['products', productId, 'devices']);
      const rows = list.devices.map((one) => [one.sn, one.status, lastContact(one)]);
      output.show(
        list,
        rows.length === 0
          ? [`no devices yet; add one with: gwe-platform device add ${productId} SN`]
          : table(['DEVICE', 'STATUS', 'LAST CONTACT'], rows),
      );
    },
  );

  command('show', 'show a device and the newest value of each of its resources', product, sn).action(
    async (productId: string, serial: string, options: ConnectionOptions) => {
      const { client, output } = connect(options);
      const detail = await client.get(DeviceDetail, ['products', productId, 'devices', serial]);
      const rows = detail.resources.map((resource) => [
        resource.alias,
        resource.format,
        resource.latest ? showTime(resource.latest.ts) : '-',
        resource.latest ? shortened(shownValue(resource.latest.value), 60) : '-',
      ]);
      output.show(detail, [
        ...fields([
          ['product', detail.product],
          ['device', detail.sn],
          ['rid', detail.rid],
          ['status', detail.status],
          ['last contact', lastContact(detail)],
        ]),
        '',
        ...table(['RESOURCE', 'FORMAT', 'TIME', 'VALUE'], rows),
      ]);
    },
  );

  command('read', 'print the newest value of a resource', product, sn, alias).action(
    async (productId: string, serial: string, name: string, options: ConnectionOptions) => {
      const { client, output } = connect(options);
      const value = await client.get(ResourceValue, resourcePath(productId, serial, name));
      if (!value.latest && !options.json) process.stderr.write(`${name} has no value yet\n`);
      output.show(value, value.latest ? [forTerminal(value.latest.value)] : []);
    },
  );

  command('write', 'write a value to a resource', product, sn, alias, [
    '<value>',
    'the value; "" writes the empty text',
  ]).action(
    async (productId: string, serial: string, name: string, text: string, options: ConnectionOptions) => {
      const { client, output } = connect(options);
      const path = resourcePath(productId, serial, name);
      const written = await client.put(Value, path, { value: text });
      output.show(written, [`wrote ${name} at ${showTime(written.ts)}`]);
    },
  );

  command('history', 'print the points of a resource, newest first', product, sn, alias)
    .option('--limit <n>', 'at most this many points, 1 to 10000', parseLimit, 100)
    .action(
      async (
        productId: string,
        serial: string,
        name: string,
        options: ConnectionOptions & { limit: number },
      ) => {
        const { client, output } = connect(options);
        const path = [...resourcePath(productId, serial, name), 'history'];
        const history = await client.get(History, path, { limit: String(options.limit) });
        const rows = history.points.map(([ts, value]) => [showTime(ts), shownValue(value)]);
        output.show(
          history,
          rows.length === 0 ? [`${name} has no points yet`] : table(['TIME', 'VALUE'], rows),
        );
      },
    );
}

const examples = {
  add: [['gwe-platform device add pump gw-7']],
  enable: [['gwe-platform device enable pump gw-7', 'a machine was replaced, or its CIK is lost']],
  list: [['gwe-platform device list pump'], ['gwe-platform device list pump --json', 'for programs']],
  show: [['gwe-platform device show pump gw-7']],
  read: [['gwe-platform device read pump gw-7 engine_report']],
  write: [['gwe-platform device write pump gw-7 speed 1450']],
  history: [
    ['gwe-platform device history pump gw-7 temperature --limit 20'],
    ['gwe-platform device history pump gw-7 temperature --json', 'for programs'],
  ],
} satisfies Record<string, Example[]>;

function resourcePath(product: string, sn: string, alias: string): string[] {
  return ['products', product, 'devices', sn, 'resources', alias];
}

function lastContact(device: Device): string {
  if (device.last_contact === null) return 'never';
  return `${showTime(device.last_contact)} (${showAge(device.last_contact, wholeSeconds(systemClock))})`;
}

/** In a table the empty text must not look like nothing at all. */
function shownValue(value: string): string {
  return value === '' ? '""' : value;
}

/** Byte for byte for a pipe or a file; on a terminal without the control characters that it would obey. */
function forTerminal(value: string): string {
  return process.stdout.isTTY ? value.replace(/[^\P{Cc}\n\t]/gu, '\ufffd') : value;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new UsageError(`--limit ${text}: expected a whole number from 1 to 10000`);
}
