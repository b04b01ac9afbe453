import type { DeviceDetail } from '@gateway-engine/platform/admin-api';
import { Table, Text } from '@mantine/core';
import { shownText } from '../format/untrusted-text.ts';
import { Nothing } from '../page/notices.tsx';
import { Ago } from '../page/now.tsx';
import { Panel } from '../page/panel.tsx';

type ResourceWithLatest = DeviceDetail['resources'][number];

/** Longer values are folded; reports are some kilobytes. */
const SHORT = 60;
const PREVIEW = 200;

export function ValuesPanel({ resources }: { resources: readonly ResourceWithLatest[] }) {
  const byAlias = resources.toSorted((a, b) => a.alias.localeCompare(b.alias, 'en'));
  return (
    <Panel title="Current values">
      {resources.length === 0 ? (
        <Nothing>This product has no resources.</Nothing>
      ) : (
        <div className="scrolls">
          <Table aria-label="Current values" miw="24rem" horizontalSpacing="xs" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Alias</Table.Th>
                <Table.Th visibleFrom="sm">Format</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th className="number">Written</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {byAlias.map((resource) => (
                <ValueRow key={resource.alias} resource={resource} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Panel>
  );
}

function ValueRow({ resource }: { resource: ResourceWithLatest }) {
  const { alias, format, latest } = resource;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} className="alias">
        {alias}
      </Table.Th>
      <Table.Td visibleFrom="sm">
        <Text size="xs" c="dimmed">
          {format}
        </Text>
      </Table.Td>
      <Table.Td className="value">
        {latest === null ? (
          <Text size="xs" c="dimmed">
            –
          </Text>
        ) : (
          <ShownValue value={latest.value} />
        )}
      </Table.Td>
      <Table.Td className="number">{latest !== null && <Ago ts={latest.ts} size="xs" c="dimmed" />}</Table.Td>
    </Table.Tr>
  );
}

function ShownValue({ value }: { value: string }) {
  if (value === '')
    return (
      <Text size="xs" c="dimmed">
        empty
      </Text>
    );
  const text = shownText(value);
  if (text.length <= SHORT && !text.includes('\n')) return <span className="monospace">{text}</span>;
  return (
    <details>
      <summary className="monospace">{text.slice(0, PREVIEW).replaceAll('\n', ' ')}</summary>
      <pre className="as-written">{text}</pre>
    </details>
  );
}
