import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setIniOption } from '@gateway-engine/host';
import { freePort, type ReadMetric, readTextFormat, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { observabilityPage } from '../src/observability/documented.ts';
import { fieldsOfLines, loggedFields } from '../src/observability/log-fields.ts';
import { metricsOf, promqlParser } from '../src/observability/promql.ts';
import { root, System } from '../src/system.ts';

const dashboards = ['gateway-engine.grafana.json', 'gateway-engine-platform.grafana.json'];
const timeout = 120_000;

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

async function dashboard(name: string): Promise<Dashboard> {
  return JSON.parse(await readFile(join(root, 'dashboards', name), 'utf8'));
}

async function alerts(): Promise<readonly AlertRule[]> {
  const { groups } = parseYaml(await readFile(join(root, 'dashboards', 'prometheus-alerts.yml'), 'utf8'));
  return groups.flatMap(({ rules }: { rules: readonly AlertRule[] }) => rules);
}

describe('a platform and a gateway that run', () => {
  let system: System;
  let gateway: Map<string, ReadMetric>;
  let platform: Map<string, ReadMetric>;

  beforeAll(async () => {
    system = await System.start();
    const port = await freePort();
    const config = join(system.home, 'etc', 'Engine.config');
    const text = await readFile(config, 'utf8');
    await writeFile(config, setIniOption(text, 'metrics', 'listen', `127.0.0.1:${port}`));
    await system.killProgram('gwe');
    gateway = await waitUntil(
      'the figures of a gateway that has checked in',
      async () => {
        const read = readTextFormat(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
        return (
          read.get('gwe_check_ins_total')?.samples.some(({ labels }) => labels.outcome === 'done') && read
        );
      },
      { timeoutMs: 60_000 },
    );
    const { token } = system.platform.administrator;
    const headers = { Authorization: `Bearer ${token}` };
    platform = readTextFormat(await (await fetch(`${system.platform.url}/metrics`, { headers })).text());
  }, timeout);

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
  }, timeout);

  const figure = (read: Map<string, ReadMetric>, name: string, labels: Record<string, string> = {}) =>
    read
      .get(name)
      ?.samples.find(({ labels: own }) =>
        Object.entries(labels).every(([label, value]) => own[label] === value),
      )?.value;

  test('one scrape of the gateway sees its programs and its queue', () => {
    expect(figure(gateway, 'gwe_supervisor_up')).toBe(1);
    expect(figure(gateway, 'gwe_queue_up')).toBe(1);
    expect(figure(gateway, 'gmq_build_info')).toBe(1);
    for (const program of ['gwe', 'gmq']) {
      expect(figure(gateway, 'gwe_program_up', { program })).toBe(1);
      expect(figure(gateway, 'gwe_program_memory_bytes', { program })).toBeGreaterThan(1_000_000);
      expect(figure(gateway, 'gwe_program_cpu_seconds_total', { program })).toBeGreaterThan(0);
    }
    expect(figure(gateway, 'gwe_program_restarts_total', { program: 'gwe' })).toBeGreaterThanOrEqual(1);
    expect(figure(gateway, 'gwe_metrics_source_failures_total')).toBeUndefined();
    expect(figure(platform, 'gwe_platform_devices_online', { product: 'e2e' })).toBe(1);
  });

  test('every metric that they show is documented, and no other', async () => {
    const { metrics } = await observabilityPage(root);
    const shown = new Map([...gateway, ...platform]);
    const expected = [...shown].map(([name, { type, help }]) => ({ name, type, help }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect([...metrics].sort(byName)).toEqual(expected.sort(byName));
  });

  test(
    'every query of the dashboards and alerts is PromQL and asks for metrics that they show',
    async () => {
      const parser = await promqlParser();
      const shown = [...new Map([...gateway, ...platform])].flatMap(([name, { type }]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      );
      const queries = [
        ...(await Promise.all(dashboards.map(dashboard))).flatMap(({ panels, templating }) => [
          ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
          ...templating.list.flatMap(
            ({ definition }) => /^label_values\((\w+),/.exec(definition ?? '')?.[1] ?? [],
          ),
        ]),
        ...(await alerts()).map(({ expr }) => expr),
      ];
      expect(queries.length).toBeGreaterThan(60);
      for (const query of queries) {
        const names = metricsOf(parser, query);
        expect(names.length, query).toBeGreaterThan(0);
        for (const name of names) expect(shown, query).toContain(name);
      }
    },
    timeout,
  );

  test('every field of their logs is documented', async () => {
    const { fields } = await observabilityPage(root);
    const files = ['gateway/log/gwe.log', 'gateway/log/gmq.log', 'log/platform.log'];
    const texts = await Promise.all(files.map((file) => readFile(join(system.folder, file), 'utf8')));
    for (const text of texts) {
      const met = fieldsOfLines(text);
      expect(met.size).toBeGreaterThan(3);
      expect([...fields]).toEqual(expect.arrayContaining([...met]));
    }
  });
});

test('every field that the sources give to a line of a log is documented', async () => {
  const { fields } = await observabilityPage(root);
  const logged = loggedFields(root);
  expect(logged.size).toBeGreaterThan(15);
  expect([...fields]).toEqual(expect.arrayContaining([...logged]));
});

test.each(dashboards)('%s is what Grafana imports', async (name) => {
  const { uid, schemaVersion, panels, templating } = await dashboard(name);
  expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  expect(schemaVersion).toBeGreaterThanOrEqual(36);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(templating.list.map(({ name: variable }) => variable)).toContain('datasource');
  for (const { gridPos, targets = [], title, type } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    if (type !== 'row') expect(targets.length, title).toBeGreaterThan(0);
  }
  const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
  );
  expect(new Set(taken).size).toBe(taken.length);
});

test('every alert says what is wrong, how bad it is and what to do', async () => {
  const rules = await alerts();
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['info', 'warning', 'critical'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toBeTruthy();
    expect(annotations.what_to_do, alert).toBeTruthy();
  }
});
