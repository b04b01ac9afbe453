import type { DeviceDetail, Value } from '@gateway-engine/platform/admin-api';
import { statusMeaning } from '../fleet/contact.ts';
import { dateTime } from '../format/time.ts';
import { Panel } from '../page/panel.tsx';
import { readEngineReport } from '../reports/engine-report.ts';

export function IdentityPanel({
  device,
  engineReport,
}: {
  device: DeviceDetail;
  engineReport: Value | null;
}) {
  const report = readEngineReport(engineReport?.value);
  const engineVersion = report.kind === 'read' ? report.value.engineVersion : undefined;
  return (
    <Panel title="Identity">
      <dl className="facts">
        <dt>Serial number</dt>
        <dd>{device.sn}</dd>
        <dt>Product</dt>
        <dd>{device.product}</dd>
        <dt>Status</dt>
        <dd>{statusMeaning[device.status]}</dd>
        <dt>Last contact</dt>
        <dd>{device.last_contact === null ? 'never' : dateTime(device.last_contact)}</dd>
        {engineVersion !== undefined && (
          <>
            <dt>Engine</dt>
            <dd>{engineVersion}</dd>
          </>
        )}
        <dt>Resource id</dt>
        <dd className="monospace">{device.rid}</dd>
      </dl>
    </Panel>
  );
}
