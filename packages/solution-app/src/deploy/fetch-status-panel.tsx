import type { DeviceDetail, Value } from '@gateway-engine/platform/admin-api';
import { Badge, CloseButton, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { clockTime, duration, timeSeenFrom } from '../format/time.ts';
import { shownText } from '../format/untrusted-text.ts';
import { Nothing } from '../page/notices.tsx';
import { Ago, useNow } from '../page/now.tsx';
import { Panel } from '../page/panel.tsx';
import { type Deployment, type Progress, progressOf, type Step } from './deployment.ts';

interface FetchStatusPanelProps {
  readonly device: DeviceDetail;
  readonly deployment: Deployment | undefined;
  /** Newest first. */
  readonly statuses: readonly Value[];
  readonly dismiss: () => void;
}

const EARLIER_SHOWN = 5;

/** What became of the request: the steps of the one made here, then what the gateway wrote before. */
export function FetchStatusPanel({ device, deployment, statuses, dismiss }: FetchStatusPanelProps) {
  const now = useNow();
  const told = new Set(
    (deployment?.steps ?? []).flatMap((step) => (step.kind === 'status' ? [`${step.at} ${step.text}`] : [])),
  );
  const earlier = statuses
    .filter(({ ts, value }) => value !== '' && !told.has(`${ts} ${value}`))
    .slice(0, EARLIER_SHOWN);
  return (
    <Panel title="Fetch status">
      <Stack gap="md">
        {deployment !== undefined && (
          <Steps deployment={deployment} lastContact={device.last_contact} dismiss={dismiss} />
        )}
        {deployment === undefined && earlier.length === 0 && (
          <Nothing>The gateway has not written about an installation yet.</Nothing>
        )}
        {earlier.length > 0 && (
          <Stack gap={6}>
            {earlier.map((status, index) => {
              const newest = deployment === undefined && index === 0;
              // Another key folds the text that was the newest until now.
              return <Written key={`${status.ts} ${newest}`} status={status} newest={newest} now={now} />;
            })}
          </Stack>
        )}
      </Stack>
    </Panel>
  );
}

/** One text of the gateway, folded but for the newest; the folded ones are not on the page. */
function Written({ status, newest, now }: { status: Value; newest: boolean; now: number }) {
  const [open, setOpen] = useState(newest);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <Text component="summary" size="sm" c="dimmed">
        {newest ? 'Newest, ' : 'Earlier, '}
        {timeSeenFrom(status.ts, now)} (<Ago ts={status.ts} />)
      </Text>
      {open && <pre className="as-written">{shownText(status.value)}</pre>}
    </details>
  );
}

const words: Record<Progress, { label: string; colour: string }> = {
  waiting: { label: 'waiting', colour: 'blue' },
  working: { label: 'working', colour: 'blue' },
  answered: { label: 'answered', colour: 'cyan' },
  reported: { label: 'installed', colour: 'teal' },
  replaced: { label: 'replaced', colour: 'orange' },
};

interface StepsProps {
  readonly deployment: Deployment;
  readonly lastContact: number | null;
  readonly dismiss: () => void;
}

function Steps({ deployment, lastContact, dismiss }: StepsProps) {
  const progress = progressOf(deployment);
  const { label, colour } = words[progress];
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" mb="sm">
        <Group gap="xs">
          <Text size="sm" fw={600} className="alias">
            {deployment.install.join(', ')}
          </Text>
          <Badge size="sm" variant="light" color={colour}>
            {label}
          </Badge>
        </Group>
        <CloseButton size="sm" aria-label="Stop showing this request" onClick={dismiss} />
      </Group>
      <ol className="steps" aria-live="polite">
        <li>
          <StepTitle at={deployment.requestedAt}>Requested</StepTitle>
        </li>
        {deployment.steps.map((step) => (
          <li key={`${step.kind} ${step.at} ${step.kind === 'version' ? step.app : ''}`}>
            <StepTitle at={step.at}>{titleOf(step)}</StepTitle>
            {step.kind === 'status' && <pre className="as-written">{shownText(step.text)}</pre>}
          </li>
        ))}
      </ol>
      <Outlook progress={progress} requestedAt={deployment.requestedAt} lastContact={lastContact} />
    </div>
  );
}

function StepTitle({ at, children }: { at: number; children: string }) {
  return (
    <Text component="div" size="sm">
      {children}
      <Text span size="xs" c="dimmed" ml="xs">
        {clockTime(at)}
      </Text>
    </Text>
  );
}

function titleOf(step: Step): string {
  switch (step.kind) {
    case 'taken':
      return 'Taken by the gateway';
    case 'replaced':
      return 'Replaced by a later request';
    case 'status':
      return 'Gateway says';
    case 'version':
      return step.from === undefined
        ? `${step.app} reported, version ${step.to || '–'}`
        : `${step.app} reported, version ${step.from || '–'} → ${step.to || '–'}`;
  }
}

/** What happens next, or what to do when nothing does. */
function Outlook({
  progress,
  requestedAt,
  lastContact,
}: Omit<StepsProps, 'deployment' | 'dismiss'> & {
  readonly progress: Progress;
  readonly requestedAt: number;
}) {
  const now = useNow();
  const waited = now - requestedAt;
  const text = (() => {
    if (progress === 'working' && waited > 300)
      return `No answer for ${duration(waited)}. A large tarball on a slow link takes its time; the gateway’s own log (log/gwe.log) says more.`;
    if (progress === 'working')
      return 'The gateway downloads, installs and tries it; its answer appears here.';
    if (progress === 'answered')
      return 'Read what the gateway says. A new version shows here once it is reported.';
    if (progress !== 'waiting') return undefined;
    if (lastContact === null)
      return 'This gateway has never been in contact; it finds the request when it first is.';
    if (waited < 15) return 'Waiting for the gateway to take the request.';
    return `Waiting for ${duration(waited)}. The gateway takes the request at its next check-in, by default every 4 hours; write update_interval to make that shorter.`;
  })();
  if (text === undefined) return null;
  return (
    <Text size="xs" c="dimmed" mt="sm">
      {text}
    </Text>
  );
}
